package billing

import (
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
)

// ScheduleActor is the actor of scheduled runs.
const ScheduleActor = "schedule"

// MonthlyTerms are the terms of scheduled runs.
type MonthlyTerms struct {
	DueDays   int32      `json:"due_days"`
	TaxRate   money.Rate `json:"tax_rate"`
	Proration Proration  `json:"proration,omitempty"`
}

// Of returns the terms of one month.
func (t MonthlyTerms) Of(month calendar.Period) Terms {
	return Terms{Period: month, DueDays: t.DueDays, TaxRate: t.TaxRate, Proration: t.Proration}
}

// MonthlyKey returns the key of a month's run, such as "monthly-2026-10". However often and
// by whichever caller it is requested, the key has one run.
func MonthlyKey(month calendar.Period) idempotency.Key {
	return idempotency.Key("monthly-" + month.Start.String()[:len("2006-01")])
}

// MonthBilled names the run that bills a month.
type MonthBilled struct {
	Month      calendar.Period `json:"month"`
	WorkflowID string          `json:"workflow_id"`
	// Location is the path of the run.
	Location string `json:"location"`
	// AlreadyExisted reports that the run existed: it is running, or has ended.
	AlreadyExisted bool `json:"before"`
}
