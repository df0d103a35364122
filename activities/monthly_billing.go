package activities

import (
	"context"
	"time"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// MonthBeforeInput is an instant and the time zone that determines its month.
type MonthBeforeInput struct {
	At time.Time `json:"at"`
	// Zone is the IANA name of a time zone.
	Zone string `json:"zone"`
}

// MonthBefore returns the month before the month of an instant.
func (a *Activities) MonthBefore(_ context.Context, input MonthBeforeInput) (calendar.Period, error) {
	zone, err := calendar.LoadZone(input.Zone)
	if err != nil {
		return calendar.Period{}, err
	}
	return calendar.MonthOf(zone.DateAt(input.At).FirstOfMonth().AddDays(-1)), nil
}

// BillMonthInput identifies a month and the terms of a new run.
type BillMonthInput struct {
	Month calendar.Period      `json:"month"`
	Terms billing.MonthlyTerms `json:"terms"`
}

// BillMonth starts the billing run of a month, unless the month has one.
func (a *Activities) BillMonth(ctx context.Context, input BillMonthInput) (billing.MonthBilled, error) {
	billed, err := a.StartMonth(ctx, input.Month, input.Terms)
	return billed, applicationError(err)
}
