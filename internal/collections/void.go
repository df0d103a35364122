package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// VoidInvoice is the command to void an invoice. Its JSON is the fingerprint of the request.
type VoidInvoice struct {
	Key       idempotency.Key `json:"-"`
	InvoiceID uuid.UUID       `json:"invoice_id"`
	Reason    string          `json:"reason"`
}

// Voided is the result of voiding an invoice.
type Voided struct {
	Invoice Invoice `json:"invoice"`
	Effect
}

// Invoice is a void invoice.
type Invoice struct {
	ID             uuid.UUID             `json:"id"`
	Number         string                `json:"number"`
	BillingRunID   uuid.UUID             `json:"billing_run_id"`
	ClientID       uuid.UUID             `json:"client_id"`
	PeriodStart    calendar.Date         `json:"period_start"`
	PeriodEnd      calendar.Date         `json:"period_end"`
	DueDate        calendar.Date         `json:"due_date"`
	Status         billing.InvoiceStatus `json:"status"`
	Currency       string                `json:"currency"`
	SubtotalAmount money.Amount          `json:"subtotal_amount"`
	TaxAmount      money.Amount          `json:"tax_amount"`
	TotalAmount    money.Amount          `json:"total_amount"`
	IssuedAt       time.Time             `json:"issued_at"`
	VoidedAt       time.Time             `json:"voided_at"`
	VoidedBy       string                `json:"voided_by"`
	VoidReason     string                `json:"void_reason"`
	CreatedAt      time.Time             `json:"created_at"`
	UpdatedAt      time.Time             `json:"updated_at"`
}

// void voids an invoice, unless the request is answered already.
func void(ctx context.Context, tx pgx.Tx, request idempotency.Request, command VoidInvoice, act actor.Act) (
	voided Voided, replayed bool, err error,
) {
	locked, lockErr := lockInvoice(ctx, tx, command.InvoiceID)
	if replayed, err = loadAnswer(ctx, tx, request, lockErr, &voided); replayed || err != nil {
		return voided, replayed, err
	}
	before := locked.Invoice
	if before.Status == billing.InvoiceVoid {
		return voided, false, refusal.New(refusal.InvoiceVoid)
	}
	if before.PaidAmount > 0 {
		return voided, false, refusal.New(refusal.InvoiceNotVoidable).With("paid_amount", before.PaidAmount)
	}
	row, err := dbsqlc.New().InvoiceVoid(ctx, tx, dbsqlc.InvoiceVoidParams{
		ID: before.ID, ActorID: string(act.Actor), Reason: command.Reason, Now: act.Now,
	})
	if err != nil {
		return voided, false, fmt.Errorf("collections: void invoice: %w", err)
	}
	voided.Invoice = newVoidInvoice(row)
	if voided.Effect, err = updateCaseAndDelinquency(ctx, tx, locked, row, nil, act); err != nil {
		return voided, false, err
	}
	if err := ledger.PostVoid(ctx, tx, row, command.Reason, string(act.Actor), act.Today, act.Now); err != nil {
		return voided, false, err
	}
	err = appendAuditEvent(ctx, tx, auditEvent{invoiceID: before.ID, kind: auditInvoiceVoided, details: map[string]any{
		"number": before.Number, "total_amount": before.TotalAmount, "reason": command.Reason, "from_status": before.Status,
	}}, act)
	if err != nil {
		return voided, false, err
	}
	return voided, false, idempotency.Save(ctx, tx, request, voided, act.Now)
}

func newVoidInvoice(row dbsqlc.Invoice) Invoice {
	return Invoice{
		ID: row.ID, Number: row.Number, BillingRunID: row.BillingRunID, ClientID: row.ClientID, PeriodStart: row.PeriodStart,
		PeriodEnd: row.PeriodEnd, DueDate: row.DueDate, Status: row.Status, Currency: row.Currency,
		SubtotalAmount: row.SubtotalAmount, TaxAmount: row.TaxAmount, TotalAmount: row.TotalAmount,
		IssuedAt: row.IssuedAt, VoidedAt: *row.VoidedAt, VoidedBy: *row.VoidedBy, VoidReason: *row.VoidReason,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}
