package collections

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

// newRequest returns a request with a key of its own.
func newRequest(operation idempotency.Operation) idempotency.Request {
	return idempotency.Request{Operation: operation, Key: idempotency.Key(uuid.NewString()), Fingerprint: make([]byte, 32)}
}

// RecordPaymentIn is Service.RecordPayment in the test's transaction, with a new key.
func RecordPaymentIn(ctx context.Context, tx pgx.Tx, command RecordPayment, act actor.Act) (Allocation, error) {
	allocation, _, err := pay(ctx, tx, newRequest(idempotency.Payment), command.payment(), act)
	return allocation, err
}

// ApprovePaidIn is Service.ApprovePaid in the test's transaction, with a new key.
func ApprovePaidIn(ctx context.Context, tx pgx.Tx, command ApprovePaid, act actor.Act) (Allocation, error) {
	allocation, _, err := pay(ctx, tx, newRequest(idempotency.ApprovePaid), command.payment(act.Today), act)
	return allocation, err
}

// ReversePaymentIn is Service.ReversePayment in the test's transaction, with a new key.
func ReversePaymentIn(ctx context.Context, tx pgx.Tx, command ReversePayment, act actor.Act) (Reversal, error) {
	reversal, _, err := reverse(ctx, tx, newRequest(idempotency.PaymentReversal), command, act)
	return reversal, err
}

// VoidInvoiceIn is Service.VoidInvoice in the test's transaction, with a new key.
func VoidInvoiceIn(ctx context.Context, tx pgx.Tx, command VoidInvoice, act actor.Act) (Voided, error) {
	voided, _, err := void(ctx, tx, newRequest(idempotency.InvoiceVoid), command, act)
	return voided, err
}
