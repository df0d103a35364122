package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
)

func TestMonthsAreBilledByThemselvesUnlessToldOtherwise(t *testing.T) {
	setenv(t, nil)
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	require.Equal(t, schedule.Expression{Cron: "5 0 1 * *", Zone: "Africa/Casablanca"}, got.Expression(got.MonthlyBilling.Cron))
	require.Equal(t, schedule.Expression{Cron: "30 3 * * *", Zone: "Africa/Casablanca"}, got.Expression(got.DocumentCheck.Cron))
	require.Equal(t, billing.MonthlyTerms{DueDays: 15, TaxRate: 200_000}, got.MonthlyBilling.Terms())
	require.False(t, got.MonthlyBilling.Paused || got.Collections.SyncPaused || got.DocumentCheck.Paused)

	setenv(t, map[string]string{
		"MTF_TIME_ZONE": "Europe/Paris", "MTF_MONTHLY_BILLING_CRON": "CRON_TZ=Africa/Casablanca 0 6 2 * *", "MTF_MONTHLY_BILLING_DUE_DAYS": "30",
		"MTF_MONTHLY_BILLING_TAX_RATE": "0.1", "MTF_MONTHLY_BILLING_PRORATION": "daily", "MTF_DOCUMENT_CHECK_CRON": "off",
		"MTF_MONTHLY_BILLING_PAUSED": "true", "MTF_COLLECTIONS_SYNC_PAUSED": "true", "MTF_DOCUMENT_CHECK_PAUSED": "true",
	})
	got, err = config.FromEnvironment()
	require.NoError(t, err)
	require.Equal(t, schedule.Expression{Cron: "0 6 2 * *", Zone: "Africa/Casablanca"}, got.Expression(got.MonthlyBilling.Cron))
	require.True(t, got.Expression(got.DocumentCheck.Cron).Off())
	require.True(t, got.MonthlyBilling.Paused && got.Collections.SyncPaused && got.DocumentCheck.Paused)
	require.Equal(t, "Europe/Paris", got.Expression(got.Collections.SyncCron).Zone)
	require.Equal(t, billing.MonthlyTerms{DueDays: 30, TaxRate: 100_000, Proration: billing.ProrationDaily}, got.MonthlyBilling.Terms())
}

func TestAWrongScheduleIsNamed(t *testing.T) {
	for name, values := range map[string][]string{
		"MTF_COLLECTIONS_SYNC_CRON":     {"daily", "5 0 * *", "5 25 * * *", "CRON_TZ=Africa/Atlantis 5 0 * * *"},
		"MTF_MONTHLY_BILLING_CRON":      {"@monthly", "5 0 0 * *", "5 0 1 * MON", "5 0 1 * ?", "OFF"},
		"MTF_DOCUMENT_CHECK_CRON":       {"every night", "30 3 * * * *"},
		"MTF_MONTHLY_BILLING_DUE_DAYS":  {"0", "91"},
		"MTF_MONTHLY_BILLING_TAX_RATE":  {"-0.1", "1.01"},
		"MTF_MONTHLY_BILLING_PRORATION": {"weekly"},
	} {
		for _, value := range values {
			setenv(t, map[string]string{name: value})
			_, err := config.FromEnvironment()
			require.ErrorContains(t, err, name, value)
		}
	}
}
