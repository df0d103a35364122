package collections

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
)

// BalanceChange reports a committed change of what a client owes.
type BalanceChange struct {
	ClientID uuid.UUID
	// AmountPaid is the amount of a payment. It is negative for a reversal and zero for a void invoice.
	AmountPaid money.Amount
	// Delinquency is the client's before and after the change.
	Delinquency DelinquencyChange
}

// DelinquencyChange says whether a client was delinquent before a change of the balance, and
// whether the client is after it. The zero value also means an invoice that never was overdue.
type DelinquencyChange struct{ Before, After bool }

// Service carries out the commands of operators on payments, invoices and cases. Each command is
// one transaction with nothing to do after its commit but to report the change, so it needs no workflow.
type Service struct {
	pool            *pgxpool.Pool
	onBalanceChange func(BalanceChange)
}

// NewService returns the service of a database. It calls onBalanceChange after the commit of every
// command that changed a balance, and not for a replay.
func NewService(pool *pgxpool.Pool, onBalanceChange func(BalanceChange)) *Service {
	return &Service{pool: pool, onBalanceChange: onBalanceChange}
}

// RecordPayment posts a payment against an invoice and updates the invoice, its case and the
// client's delinquency, together with the answer under the command's key. replayed reports that
// the answer was stored before.
//
// The invoice is locked first, so payments of one invoice queue, and no payment exceeds what is
// outstanding. It refuses with idempotency_key_payload_conflict, invoice_not_found, invoice_void,
// invoice_already_paid and payment_exceeds_outstanding, in this order.
func (s *Service) RecordPayment(ctx context.Context, command RecordPayment, act actor.Act) (Allocation, bool, error) {
	request, err := idempotency.NewRequest(idempotency.Payment, command.Key, command)
	if err != nil {
		return Allocation{}, false, err
	}
	return s.pay(ctx, request, command.payment(), act)
}

// ApprovePaid posts a payment of all that is outstanding. It refuses as RecordPayment does, except
// with payment_exceeds_outstanding.
func (s *Service) ApprovePaid(ctx context.Context, command ApprovePaid, act actor.Act) (Allocation, bool, error) {
	request, err := idempotency.NewRequest(idempotency.ApprovePaid, command.Key, command)
	if err != nil {
		return Allocation{}, false, err
	}
	return s.pay(ctx, request, command.payment(act.Today), act)
}

func (s *Service) pay(ctx context.Context, request idempotency.Request, payment newPayment, act actor.Act) (
	allocation Allocation, replayed bool, err error,
) {
	err = db.InTransaction(ctx, s.pool, func(tx pgx.Tx) (err error) {
		allocation, replayed, err = pay(ctx, tx, request, payment, act)
		return err
	})
	if err == nil && !replayed {
		s.onBalanceChange(BalanceChange{allocation.Payment.ClientID, allocation.Payment.Amount, allocation.Delinquency})
	}
	return allocation, replayed, err
}

// ReversePayment reverses a payment: its amount is outstanding again, the case of an invoice that
// is overdue again is reopened, and the client's delinquency is updated, together with the answer
// under the command's key. replayed reports that the answer was stored before.
//
// The payment's invoice is locked first, as for a payment. It refuses with
// idempotency_key_payload_conflict, payment_not_found and payment_already_reversed, in this order:
// a payment is reversed once, and its row stays.
func (s *Service) ReversePayment(ctx context.Context, command ReversePayment, act actor.Act) (
	reversal Reversal, replayed bool, err error,
) {
	request, err := idempotency.NewRequest(idempotency.PaymentReversal, command.Key, command)
	if err != nil {
		return reversal, false, err
	}
	err = db.InTransaction(ctx, s.pool, func(tx pgx.Tx) (err error) {
		reversal, replayed, err = reverse(ctx, tx, request, command, act)
		return err
	})
	if err == nil && !replayed {
		s.onBalanceChange(BalanceChange{reversal.Payment.ClientID, -reversal.Payment.Amount, reversal.Delinquency})
	}
	return reversal, replayed, err
}

// VoidInvoice voids an invoice without posted payments for good: nothing is owed on it, its case is
// closed, and the client's delinquency is updated, together with the answer under the command's
// key. The database releases the days that the invoice charged, so that another run can bill them;
// the invoice's number and document stay. replayed reports that the answer was stored before.
//
// The invoice is locked first, as for a payment. It refuses with idempotency_key_payload_conflict,
// invoice_not_found, invoice_void, and invoice_not_voidable when a payment of it is not reversed, in
// this order.
func (s *Service) VoidInvoice(ctx context.Context, command VoidInvoice, act actor.Act) (voided Voided, replayed bool, err error) {
	request, err := idempotency.NewRequest(idempotency.InvoiceVoid, command.Key, command)
	if err != nil {
		return voided, false, err
	}
	err = db.InTransaction(ctx, s.pool, func(tx pgx.Tx) (err error) {
		voided, replayed, err = void(ctx, tx, request, command, act)
		return err
	})
	if err == nil && !replayed {
		s.onBalanceChange(BalanceChange{ClientID: voided.Invoice.ClientID, Delinquency: voided.Delinquency})
	}
	return voided, replayed, err
}

// ChangeCaseStatus puts a case into any status and appends the action status_updated, even when
// the case has that status already. It refuses with collection_case_not_found.
//
// The invoice has the last word: the next sync reopens the case of an overdue invoice, and resolves
// or closes every other one.
func (s *Service) ChangeCaseStatus(ctx context.Context, command ChangeCaseStatus, act actor.Act) (changed dbsqlc.CollectionCase, err error) {
	err = db.InTransaction(ctx, s.pool, func(tx pgx.Tx) (err error) {
		changed, err = changeCaseStatus(ctx, tx, command, act)
		return err
	})
	return changed, err
}

// AddAction appends an action to a case. A reminder or a warning moves an open case to in_progress;
// no other action changes the status. It refuses with collection_case_not_found.
func (s *Service) AddAction(ctx context.Context, command AddAction, act actor.Act) (added dbsqlc.CollectionCaseAction, err error) {
	err = db.InTransaction(ctx, s.pool, func(tx pgx.Tx) (err error) {
		added, err = AppendAction(ctx, tx, command, act)
		return err
	})
	return added, err
}
