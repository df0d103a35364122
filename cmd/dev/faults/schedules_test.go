package faults

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/workflows"
)

const (
	// killedBefore and awayAfter are around the minute at which the schedule is to start.
	killedBefore = 2 * time.Second
	awayAfter    = 2 * time.Second
)

// TestFaultAStartThatWasMissedIsCaughtUpOn has months billed at every minute, as often as a schedule can, and kills Temporal
// over one of these minutes. When Temporal is back, that very start is made, and the month is billed once by all of them.
func TestFaultAStartThatWasMissedIsCaughtUpOn(t *testing.T) {
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	s := newSite(t, 10, func(pool *pgxpool.Pool) {
		_, err := seed.Load(t.Context(), pool, seed.Options{Clients: 50, Seed: 1, Today: zone.DateAt(time.Now()), Now: time.Now()})
		require.NoError(t, err)
	}, "MTF_MONTHLY_BILLING_CRON=* * * * *")
	s.eventually(t, "the workers have made the schedule", func(ctx context.Context) bool { return s.monthlyBilling(ctx).Registered })

	missed := time.Now().Add(killedBefore).Truncate(time.Minute).Add(time.Minute)
	select {
	case <-time.After(time.Until(missed.Add(-killedBefore))):
	case <-t.Context().Done():
	}
	s.temporal.kill(killedBefore + awayAfter)
	t.Logf("kill -9 Temporal %s before %s", time.Until(missed).Round(time.Millisecond), missed.UTC().Format(time.TimeOnly))

	var start apiclient.ScheduleRun
	s.eventually(t, "the start is caught up on", func(ctx context.Context) bool {
		for _, each := range s.monthlyBilling(ctx).Latest {
			if each.ScheduledAt.Equal(missed) && each.Status == "completed" {
				start = each
				return true
			}
		}
		return false
	})
	late := start.StartedAt.Sub(missed)
	t.Logf("%s was started %s late", start.WorkflowID, late.Round(time.Millisecond))
	require.GreaterOrEqual(t, late, awayAfter, "Temporal was there")
	require.Equal(t, workflows.MonthlyBillingID+"-"+missed.UTC().Format(time.RFC3339), start.WorkflowID)

	var runs []apiclient.BillingProgress
	s.eventually(t, "the month is billed", func(ctx context.Context) bool {
		runs, err = s.api().Runs(ctx, "", 100)
		return err == nil && len(runs) > 0 && runs[0].Ended()
	})
	require.Len(t, runs, 1)
	final := runs[0]
	require.Equal(t, "completed", final.Status)
	month := calendar.MonthOf(zone.DateAt(missed).FirstOfMonth().AddDays(-1))
	require.Equal(t, month, calendar.Period{Start: final.PeriodStart, End: final.PeriodEnd})
	require.True(t, strings.HasSuffix(final.IdempotencyKey, month.Start.String()[:len("2006-01")]), final.IdempotencyKey)
	require.Positive(t, final.InvoiceCount)
	s.requireBilledOnce(t, apiclient.BillingRun{PeriodStart: month.Start, PeriodEnd: month.End, DueDays: 15, TaxRate: 200_000}, final)
}

// monthlyBilling is the schedule as the API shows it, an empty one while it does not.
func (s *site) monthlyBilling(ctx context.Context) apiclient.Schedule {
	schedules, err := s.api().Schedules(ctx, 1)
	if err != nil {
		return apiclient.Schedule{}
	}
	for _, each := range schedules {
		if each.Name == workflows.MonthlyBillingID {
			return each
		}
	}
	return apiclient.Schedule{}
}
