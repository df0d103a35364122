package billing

import (
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
)

// ScheduleActor is who asks for the runs that the calendar asks for.
const ScheduleActor = "schedule"

// MonthlyTerms are those on which months are billed by themselves.
type MonthlyTerms struct {
	DueDays   int32      `json:"due_days"`
	TaxRate   money.Rate `json:"tax_rate"`
	Proration Proration  `json:"proration,omitempty"`
}

// Of are the terms of one month.
func (t MonthlyTerms) Of(month calendar.Period) Terms {
	return Terms{Period: month, DueDays: t.DueDays, TaxRate: t.TaxRate, Proration: t.Proration}
}

// MonthlyKey is the key that a month is billed under, such as "monthly-2026-10". It has one
// run, whoever asks for it and how often.
func MonthlyKey(month calendar.Period) idempotency.Key {
	return idempotency.Key("monthly-" + month.Start.String()[:len("2006-01")])
}

// MonthBilled tells which run bills a month.
type MonthBilled struct {
	Month      calendar.Period `json:"month"`
	WorkflowID string          `json:"workflow_id"`
	// Location is the path under which the run is found.
	Location string `json:"location"`
	// Before reports that the run was there: it goes on, or has its result already.
	Before bool `json:"before"`
}
