package starter

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows"
)

// Billing sets how the runs are carried out that a Starter starts.
type Billing struct {
	// ChunkClients are billed in one transaction; Concurrency chunks are under way at once.
	ChunkClients int32
	Concurrency  int
	// Bounds are those beyond which a run waits for an operator.
	Bounds billing.Bounds
}

// BillingRun asks for a billing run.
type BillingRun struct {
	Key     idempotency.Key
	Terms   billing.Terms
	ActorID string
	Wait    time.Duration
}

// BillingRun returns the process of a run. A key that has a run already has its id.
func (s *Starter) BillingRun(ctx context.Context, run BillingRun) (Execution, error) {
	request, err := idempotency.NewRequest(idempotency.BillingRun, run.Key, run.Terms)
	if err != nil {
		return Execution{}, err
	}
	id := db.NewID()
	known, found, err := s.billingRunByKey(ctx, run.Key)
	if err != nil {
		return Execution{}, err
	}
	if found {
		id = known.ID
	}
	return s.billingRun(id, request, run), nil
}

func (s *Starter) billingRun(id uuid.UUID, request idempotency.Request, run BillingRun) Execution {
	return Execution{
		Request:  request,
		Workflow: workflows.RunBilling,
		Input: workflows.BillingRunInput{
			RunID: id, Request: request, Terms: run.Terms, ActorID: run.ActorID,
			ChunkSize: s.settings.Billing.ChunkClients, Concurrency: s.settings.Billing.Concurrency, Bounds: s.settings.Billing.Bounds,
		},
		Queue:      workflows.BillingQueue,
		Summary:    "Bill " + run.Terms.Period.String() + ", tax rate " + run.Terms.TaxRate.String(),
		Attributes: workflows.BillingRunAttributes(id, run.Terms.Period),
		Location:   BillingRunLocation(id),
		Wait:       run.Wait,
	}
}

// BillingRunLocation is the path under which a run is found.
func BillingRunLocation(id uuid.UUID) string { return "/api/v1/billing/runs/" + id.String() }

func (s *Starter) billingRunByKey(ctx context.Context, key idempotency.Key) (run dbsqlc.BillingRun, found bool, err error) {
	run, err = dbsqlc.New().BillingRunGetByKey(ctx, s.pool, string(key))
	if errors.Is(err, pgx.ErrNoRows) {
		return run, false, nil
	}
	return run, err == nil, err
}

// errMonthStarting is returned while a run of a month begins that somebody else asked for, on terms
// that are not known yet.
var errMonthStarting = errors.New("process: a run of this month is about to be planned")

// BillMonth starts the run of a month without waiting for its end. A month has one run: one that
// was begun goes on as it was asked for, on its own terms. It refuses with
// idempotency_key_payload_conflict when the month's key belongs to a run of other days.
func (s *Starter) BillMonth(ctx context.Context, month calendar.Period, terms billing.MonthlyTerms) (billing.MonthBilled, error) {
	asked := BillingRun{Key: billing.MonthlyKey(month), Terms: terms.Of(month), ActorID: billing.ScheduleActor}
	run, begun, err := s.billingRunByKey(ctx, asked.Key)
	if err != nil {
		return billing.MonthBilled{}, err
	}
	var p Execution
	if begun {
		p, err = s.resumeBillingRun(run, month)
	} else {
		p, err = s.BillingRun(ctx, asked)
	}
	if err != nil {
		return billing.MonthBilled{}, err
	}
	var result billing.Result
	outcome, err := s.Run(ctx, p, &result)
	if refused := refusal.As(err); refused != nil && refused.Code == refusal.IdempotencyKeyPayloadConflict && !begun {
		return billing.MonthBilled{}, errMonthStarting
	}
	if err != nil && !errors.Is(err, ErrPending) {
		return billing.MonthBilled{}, err
	}
	return billing.MonthBilled{
		Month: month, WorkflowID: workflows.ID(p.Request), Location: outcome.Location, Before: outcome.Replayed,
	}, nil
}

// resumeBillingRun is the process of a month's run as it was asked for.
func (s *Starter) resumeBillingRun(run dbsqlc.BillingRun, month calendar.Period) (Execution, error) {
	terms := billing.TermsOf(run)
	if terms.Period != month {
		return Execution{}, refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	key := idempotency.Key(run.IdempotencyKey)
	request := idempotency.Request{Operation: idempotency.BillingRun, Key: key, Fingerprint: run.Fingerprint}
	return s.billingRun(run.ID, request, BillingRun{Key: key, Terms: terms, ActorID: run.ActorID}), nil
}
