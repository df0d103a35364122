package config

import (
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
)

// Off disables a schedule, which is then removed, or the metrics.
const Off = schedule.Off

// Collections sets when collections begin their business day.
type Collections struct {
	SyncCron   string `env:"MTF_COLLECTIONS_SYNC_CRON" envDefault:"5 0 * * *"`
	SyncPaused bool   `env:"MTF_COLLECTIONS_SYNC_PAUSED" envDefault:"false"`
}

// MonthlyBilling sets when the previous month is billed automatically, and on which terms.
type MonthlyBilling struct {
	Cron      string     `env:"MTF_MONTHLY_BILLING_CRON" envDefault:"5 0 1 * *"`
	Paused    bool       `env:"MTF_MONTHLY_BILLING_PAUSED" envDefault:"false"`
	DueDays   int32      `env:"MTF_MONTHLY_BILLING_DUE_DAYS" envDefault:"15"`
	TaxRate   money.Rate `env:"MTF_MONTHLY_BILLING_TAX_RATE" envDefault:"0.20"`
	Proration string     `env:"MTF_MONTHLY_BILLING_PRORATION" envDefault:"none"`
}

// maxDueDays is the bound of runs that are asked for, too.
const maxDueDays = 90

// Terms returns the terms of every month. The settings must have been checked.
func (m MonthlyBilling) Terms() billing.MonthlyTerms {
	return billing.MonthlyTerms{DueDays: m.DueDays, TaxRate: m.TaxRate, Proration: billing.ProrationNamed(m.Proration)}
}

// DocumentCheck sets when it is looked whether every document has its file.
type DocumentCheck struct {
	Cron   string `env:"MTF_DOCUMENT_CHECK_CRON" envDefault:"30 3 * * *"`
	Paused bool   `env:"MTF_DOCUMENT_CHECK_PAUSED" envDefault:"false"`
}

// Expression is when a schedule starts: a setting of this package, read in the
// configured time zone. The settings must have been checked.
func (c Config) Expression(cron string) schedule.Expression {
	expression, _ := schedule.ParseExpression(cron, c.TimeZone)
	return expression
}

func (c Config) scheduleProblems(add func(format string, args ...any)) {
	for _, each := range []struct{ setting, cron string }{
		{"MTF_COLLECTIONS_SYNC_CRON", c.Collections.SyncCron},
		{"MTF_MONTHLY_BILLING_CRON", c.MonthlyBilling.Cron},
		{"MTF_DOCUMENT_CHECK_CRON", c.DocumentCheck.Cron},
	} {
		if _, err := schedule.ParseExpression(each.cron, c.TimeZone); err != nil {
			add("%s: %w", each.setting, err)
		}
	}
	monthly := c.MonthlyBilling
	if monthly.Cron == Off {
		return
	}
	if monthly.DueDays < 1 || monthly.DueDays > maxDueDays {
		add("MTF_MONTHLY_BILLING_DUE_DAYS must be 1 to %d", maxDueDays)
	}
	if monthly.TaxRate < 0 || monthly.TaxRate > money.MaxRate {
		add("MTF_MONTHLY_BILLING_TAX_RATE must be 0 to 1")
	}
	if monthly.Proration != billing.ProrationNone.String() && monthly.Proration != billing.ProrationDaily.String() {
		add("MTF_MONTHLY_BILLING_PRORATION must be %q or %q", billing.ProrationNone, billing.ProrationDaily)
	}
}
