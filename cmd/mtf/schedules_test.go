package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestSchedules_ListAndCommand(t *testing.T) {
	s := system.Start(t, func(c *config.Config) { c.MonthlyBilling.Cron = "5 0 1 * *" })
	t.Setenv("MTF_API_URL", s.URL)
	t.Setenv("MTF_API_TOKEN", "op-1:ops")

	out, err := run(t, "schedules", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^monthly-billing +5 0 1 \* \* +Africa/Casablanca +active +2026-12-01 00:05 \+01:00 +- +-$`, out)
	require.Regexp(t, `(?m)^collections-day +- +- +off +- +- +-$`, out)
	out, err = run(t, "schedules", "next", "monthly-billing", "--count", "4")
	require.NoError(t, err)
	require.Equal(t, `NAME             STATE   LOCAL                    UTC
monthly-billing  active  2026-12-01 00:05 +01:00  2026-11-30T23:05:00Z
monthly-billing  active  2027-01-01 00:05 +01:00  2026-12-31T23:05:00Z
monthly-billing  active  2027-02-01 00:05 +01:00  2027-01-31T23:05:00Z
monthly-billing  active  2027-03-01 00:05 +00:00  2027-03-01T00:05:00Z
`, out)
	_, err = run(t, "schedules", "next", "yearly-billing")
	require.ErrorContains(t, err, "yearly-billing")

	out, err = run(t, "schedules", "pause", "monthly-billing", "--note", "prices are being checked")
	require.NoError(t, err)
	require.Equal(t, "schedule monthly-billing is paused\n", out)
	out, err = run(t, "schedules", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^monthly-billing .* paused: prices are being checked +- +- +-$`, out)
	out, err = run(t, "schedules", "backfill", "monthly-billing", "--from", "2026-09-01", "--to", "2026-10-31")
	require.NoError(t, err)
	require.Equal(t, "schedule monthly-billing backfills 2026-08-31T23:05:00Z\nschedule monthly-billing backfills 2026-09-30T23:05:00Z\n", out)
	require.Eventually(t, func() bool {
		var runs int
		return s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM billing_runs WHERE status = 'completed'").Scan(&runs) == nil && runs == 2
	}, time.Minute, 20*time.Millisecond)
	out, err = run(t, "schedules", "backfill", "monthly-billing", "--from", "2026-11-02", "--to", "2026-11-03")
	require.NoError(t, err)
	require.Equal(t, "schedule monthly-billing has no start on these days\n", out)
	out, err = run(t, "schedules", "resume", "monthly-billing")
	require.NoError(t, err)
	require.Equal(t, "schedule monthly-billing is active\n", out)
	out, err = run(t, "schedules", "trigger", "monthly-billing", "--json")
	require.NoError(t, err)
	var triggered map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &triggered))
	require.Equal(t, "monthly-billing", triggered["name"])
	_, err = run(t, "schedules", "trigger", "collections-day")
	require.ErrorContains(t, err, "schedule_off")
	_, err = run(t, "schedules", "pause", "nothing")
	require.ErrorContains(t, err, "schedule_not_found")
	out, err = run(t, "schedules", "list", "--json")
	require.NoError(t, err)
	var all []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	require.Len(t, all, 3)
}

func TestWorker_RefusesInvalidSchedule(t *testing.T) {
	t.Setenv("MTF_ENV", "test")
	t.Setenv("MTF_MONTHLY_BILLING_CRON", "on the first")
	_, err := run(t, "worker")
	require.ErrorContains(t, err, `MTF_MONTHLY_BILLING_CRON: schedule: "on the first"`)
}
