package activities

import (
	"context"
	"time"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// MonthBeforeInput is an instant and the clock that says in which month it is.
type MonthBeforeInput struct {
	At time.Time `json:"at"`
	// Zone is the IANA name of a time zone.
	Zone string `json:"zone"`
}

// MonthBefore returns the month before the one that an instant falls in.
func (a *Activities) MonthBefore(_ context.Context, input MonthBeforeInput) (calendar.Period, error) {
	zone, err := calendar.LoadZone(input.Zone)
	if err != nil {
		return calendar.Period{}, err
	}
	return calendar.MonthOf(zone.DateAt(input.At).FirstOfMonth().AddDays(-1)), nil
}

// BillMonthInput names a month, and the terms of its run if it has none yet.
type BillMonthInput struct {
	Month calendar.Period      `json:"month"`
	Terms billing.MonthlyTerms `json:"terms"`
}

// BillMonth starts the run of a month, unless it was started.
func (a *Activities) BillMonth(ctx context.Context, input BillMonthInput) (billing.MonthBilled, error) {
	billed, err := a.StartMonth(ctx, input.Month, input.Terms)
	return billed, applicationError(err)
}
