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
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/workflows"
)

// The commands that operators send to a running billing run.
const (
	PauseBillingRun   = workflows.PauseUpdate
	ResumeBillingRun  = workflows.ResumeUpdate
	ApproveBillingRun = workflows.ApproveUpdate
	CancelBillingRun  = workflows.CancelUpdate
)

// RunCommand carries the actor and the reason of a command.
type RunCommand = workflows.RunCommand

// Billing configures the billing runs that a Starter starts.
type Billing struct {
	// ChunkClients is the number of clients billed in one transaction. Concurrency is the number of
	// chunks processed at once.
	ChunkClients int32
	Concurrency  int
	// Bounds are the limits beyond which a run waits for an operator's approval.
	Bounds billing.SafetyLimits
}

// BillingRun requests a billing run.
type BillingRun struct {
	Key     idempotency.Key
	Terms   billing.Terms
	ActorID string
	Wait    time.Duration
}

// BillingRun returns the execution of a billing run. If a run with the key exists, the execution has
// the id of that run.
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

// RetryBillingRun returns the execution that resumes a run that failed or completed with failures.
func (s *Starter) RetryBillingRun(run dbsqlc.BillingRun, command RunCommand, wait time.Duration) Execution {
	request, terms := billingRunRequest(run), billing.NewTerms(run)
	return Execution{
		Request:  request,
		Workflow: workflows.RunBilling,
		Input: workflows.BillingRunInput{
			RunID: run.ID, Request: request, Terms: terms, ActorID: run.ActorID,
			ChunkSize: s.settings.Billing.ChunkClients, Concurrency: s.settings.Billing.Concurrency,
			Retry: &billing.Move{RunID: run.ID, To: billing.RunRunning, ActorID: command.ActorID, Reason: command.Reason},
		},
		Queue:      workflows.BillingQueue,
		Summary:    "Retry " + terms.Period.String(),
		Attributes: workflows.BillingRunAttributes(run.ID, terms.Period),
		Location:   BillingRunLocation(run.ID),
		Wait:       wait,
		Rerun:      true,
	}
}

// CommandBillingRun sends a command to the workflow of a run. It returns the same errors as Command.
func (s *Starter) CommandBillingRun(ctx context.Context, run dbsqlc.BillingRun, name string, command RunCommand, wait time.Duration) error {
	return s.Command(ctx, billingRunRequest(run), name, command, wait)
}

// BillingRunLocation is the path of a run in the API.
func BillingRunLocation(id uuid.UUID) string { return "/api/v1/billing/runs/" + id.String() }

// billingRunRequest returns the request that started a run.
func billingRunRequest(run dbsqlc.BillingRun) idempotency.Request {
	return idempotency.Request{
		Operation: idempotency.BillingRun, Key: idempotency.Key(run.IdempotencyKey), Fingerprint: run.Fingerprint,
	}
}

func (s *Starter) billingRunByKey(ctx context.Context, key idempotency.Key) (run dbsqlc.BillingRun, found bool, err error) {
	run, err = dbsqlc.New().BillingRunGetByKey(ctx, s.pool, string(key))
	if errors.Is(err, pgx.ErrNoRows) {
		return run, false, nil
	}
	return run, err == nil, err
}
