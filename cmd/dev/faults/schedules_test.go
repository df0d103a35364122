package faults

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

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

// TestFault_MissedScheduleIsCaughtUp has months billed at every minute, as often as a schedule can, and kills Temporal
// over one of these minutes. A deployment changes the schedule in the very moment in which Temporal is back. That very start
// is made all the same, and the month is billed once by all of them.
func TestFault_MissedScheduleIsCaughtUp(t *testing.T) {
	zone := zoneWithinAMonth(t)
	s := newSite(t, 10, func(pool *pgxpool.Pool) {
		_, err := seed.Load(t.Context(), pool, seed.Options{Clients: 50, Seed: 1, Today: zone.DateAt(time.Now()), Now: time.Now()})
		require.NoError(t, err)
	}, "MTF_MONTHLY_BILLING_CRON=* * * * *", "MTF_TIME_ZONE="+zone.String())
	missed := s.missAStart(t)
	s.change(t, workflows.MonthlyBillingID)

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
		var err error
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

// zoneWithinAMonth is a business time zone in which no month ends while the test runs.
func zoneWithinAMonth(t *testing.T) calendar.Zone {
	t.Helper()
	now := time.Now()
	for _, name := range []string{calendar.DefaultZone, "Etc/GMT+12"} {
		zone, err := calendar.LoadZone(name)
		require.NoError(t, err)
		if calendar.MonthOf(zone.DateAt(now)) == calendar.MonthOf(zone.DateAt(now.Add(4*patience))) {
			return zone
		}
	}
	require.FailNow(t, "a month ends in both zones")
	return calendar.Zone{}
}

// missAStart kills Temporal over a minute at which monthly billing is to start, and returns that minute. When the machine was
// so slow that Temporal died too late, it takes another one.
func (s *site) missAStart(t *testing.T) time.Time {
	t.Helper()
	for range 3 {
		s.eventually(t, "the workers have made the schedule", func(ctx context.Context) bool { return s.monthlyBilling(ctx).Registered })
		missed := time.Now().Add(killedBefore).Truncate(time.Minute).Add(time.Minute)
		select {
		case <-time.After(time.Until(missed.Add(-killedBefore))):
		case <-t.Context().Done():
		}
		s.temporal.kill(killedBefore + awayAfter)
		early := time.Until(missed)
		t.Logf("kill -9 Temporal %s before %s", early.Round(time.Millisecond), missed.UTC().Format(time.TimeOnly))
		if early > 0 {
			return missed
		}
	}
	require.FailNow(t, "Temporal is always killed too late")
	return time.Time{}
}

// change changes a schedule as soon as Temporal lets it, as a worker does that starts with other settings.
func (s *site) change(t *testing.T, id string) {
	t.Helper()
	const changed = 26 * 24 * time.Hour
	s.eventually(t, "the schedule is changed", func(ctx context.Context) bool {
		temporal, err := client.DialContext(ctx, client.Options{HostPort: s.temporalAddress, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return false
		}
		defer temporal.Close()
		err = temporal.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
			DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
				input.Description.Schedule.Policy.CatchupWindow = changed
				return &client.ScheduleUpdate{Schedule: &input.Description.Schedule}, nil
			},
		})
		t.Logf("%s: the change: %v", time.Now().UTC().Format("15:04:05.000"), err)
		return err == nil
	})
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
