package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestNobodyIsEnrolledWhileDunningIsOff(t *testing.T) {
	t.Parallel()
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	pool := servers.Database(t)
	w := dunningtest.World{TB: t, Pool: pool, Zone: zone}
	owner := w.Client("")
	w.Invoice(owner, "2026-11-01")
	w.Sync(now)
	var woken []uuid.UUID
	a := &activities.Activities{Pool: pool, Zone: zone, Now: func() time.Time { return now }, Dunning: activities.Dunning{
		StartsPerSecond: 1000, Wake: func(_ context.Context, id uuid.UUID) error {
			woken = append(woken, id)
			return errors.New("not told")
		},
	}}
	moved, err := a.EnrolDunning(t.Context())
	require.NoError(t, err)
	require.Zero(t, moved)
	require.Empty(t, woken)
	require.Zero(t, w.Count("SELECT count(*) FROM dunning_episodes"))

	a.Dunning.Enabled = true
	_, err = a.EnrolDunning(t.Context())
	require.ErrorContains(t, err, "not told")
	require.Equal(t, []uuid.UUID{owner}, woken, "once it is on")
}
