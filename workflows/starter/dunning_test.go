package starter_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/calendar"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
	"github.com/mtfacturation/mtf/workflows/starter"
)

func runs(t *testing.T, s *system.System, clientID uuid.UUID) (runID string, found bool) {
	t.Helper()
	described, err := s.Temporal.DescribeWorkflow(t.Context(), workflows.DunningID(clientID), "")
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return "", false
	}
	require.NoError(t, err)
	return described.WorkflowExecution.RunID, true
}

func TestAClientWhoIsWokenTwiceHasOneWorkflow(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	w := dunningtest.World{TB: t, Pool: s.Pool, Zone: s.Zone}
	owner := w.Client("")
	invoice := w.Invoice(owner, "2026-11-20")
	w.Sync(s.Now())
	require.NoError(t, s.Starter.WakeDunning(t.Context(), owner))
	first, found := runs(t, s, owner)
	require.True(t, found)
	require.NoError(t, s.Starter.WakeDunning(t.Context(), owner))
	second, _ := runs(t, s, owner)
	require.Equal(t, first, second)

	w.Pay(invoice, 10_000, s.Now())
	s.Starter.NudgeDunning(owner, false)
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), workflows.DunningID(owner), "").Get(t.Context(), nil))
	// The next delinquency is followed by a new one.
	w.Invoice(owner, "2026-11-21")
	w.Sync(s.Now())
	s.Starter.NudgeDunning(owner, true)
	require.Eventually(t, func() bool {
		third, _ := runs(t, s, owner)
		return third != first
	}, time.Minute, 5*time.Millisecond)
}

// If a client becomes delinquent again while its workflow is about to end, the workflow evaluates the state again,
// or it ends and is restarted. In both cases the wake is not lost.
func TestAWakeIsNotLostAtTheEndOfAWorkflow(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	w := dunningtest.World{TB: t, Pool: s.Pool, Zone: s.Zone}
	for i := range 15 {
		owner := w.Client("")
		invoice := w.Invoice(owner, "2026-11-20")
		w.Sync(s.Now())
		require.NoError(t, s.Starter.WakeDunning(t.Context(), owner))
		w.Pay(invoice, 10_000, s.Now())
		s.Starter.NudgeDunning(owner, false)
		w.Invoice(owner, calendar.MustParse("2026-11-01").AddDays(i).String())
		w.Sync(s.Now())
		require.NoError(t, s.Starter.WakeDunning(t.Context(), owner))
		require.Eventually(t, func() bool {
			return w.Count(`SELECT count(*) FROM clients c JOIN dunning_episodes e ON e.client_id = c.id AND e.since = c.delinquent_since
				WHERE c.id = $1 AND e.ended_at IS NULL`, owner) == 1
		}, time.Minute, 5*time.Millisecond)
	}
}

func TestNobodyIsKeptWaitingForAWorkflowThatCannotBeTold(t *testing.T) {
	t.Parallel()
	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	starter := starter.New(nowhere, nil, starter.Settings{StartTimeout: time.Second})
	// Had one of them waited for an answer, a thousand would take longer than the test may.
	for range 1000 {
		starter.NudgeDunning(uuid.New(), true)
		starter.NudgeDunning(uuid.New(), false)
	}
	require.Error(t, starter.WakeDunning(t.Context(), uuid.New()), "the enrolment gets an error, so that it retries")
}

func TestNoDunningBeginsWhereItIsOff(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	w := dunningtest.World{TB: t, Pool: s.Pool, Zone: s.Zone}
	off := starter.New(s.Temporal, s.Pool, starter.Settings{StartTimeout: time.Minute, WithoutDunning: true})
	var left []uuid.UUID
	for range 20 {
		left = append(left, w.Client(""))
		off.NudgeDunning(left[len(left)-1], true)
	}
	// A later nudge by a starter with dunning starts a workflow, so the earlier nudges have been processed.
	last := w.Client("")
	s.Starter.NudgeDunning(last, true)
	require.Eventually(t, func() bool {
		_, found := runs(t, s, last)
		return found
	}, time.Minute, 5*time.Millisecond)
	for _, client := range left {
		_, found := runs(t, s, client)
		require.False(t, found)
	}
}
