package starter

import (
	"context"
	"errors"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows"
)

// errMonthStarting means that another caller is starting the run of the month, on terms that are not
// stored yet.
var errMonthStarting = errors.New("starter: a run of this month is about to be planned")

// BillMonth starts the run of a month and does not wait for its end. A month has one run: an existing
// run continues on its own terms. BillMonth refuses with idempotency_key_payload_conflict if the
// month's key belongs to a run of another period.
func (s *Starter) BillMonth(ctx context.Context, month calendar.Period, terms billing.MonthlyTerms) (billing.MonthBilled, error) {
	requested := BillingRun{Key: billing.MonthlyKey(month), Terms: terms.Of(month), ActorID: billing.ScheduleActor}
	run, exists, err := s.billingRunByKey(ctx, requested.Key)
	if err != nil {
		return billing.MonthBilled{}, err
	}
	var execution Execution
	if exists {
		execution, err = s.existingBillingRun(run, month)
	} else {
		execution, err = s.BillingRun(ctx, requested)
	}
	if err != nil {
		return billing.MonthBilled{}, err
	}
	var result billing.Result
	outcome, err := s.Run(ctx, execution, &result)
	if refused := refusal.As(err); refused != nil && refused.Code == refusal.IdempotencyKeyPayloadConflict && !exists {
		return billing.MonthBilled{}, errMonthStarting
	}
	if err != nil && !errors.Is(err, ErrPending) {
		return billing.MonthBilled{}, err
	}
	return billing.MonthBilled{
		Month: month, WorkflowID: workflows.ID(execution.Request), Location: outcome.Location, AlreadyExisted: outcome.Replayed,
	}, nil
}

// existingBillingRun returns the execution of a run on the terms that the run was requested with.
func (s *Starter) existingBillingRun(run dbsqlc.BillingRun, month calendar.Period) (Execution, error) {
	terms := billing.NewTerms(run)
	if terms.Period != month {
		return Execution{}, refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	request := billingRunRequest(run)
	return s.billingRun(run.ID, request, BillingRun{Key: request.Key, Terms: terms, ActorID: run.ActorID}), nil
}
