package benchmark_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// BenchmarkPayment is a partial payment over HTTP against its bare transaction: lock
// the invoice, insert the payment, update the invoice, enter it into the ledger, insert
// the key, and commit, through the same queries and pool.
func BenchmarkPayment(b *testing.B) {
	s := system.Start(b, func(settings *config.Config) { settings.Billing.ChunkClients = 1000 })
	invoices := billed(b, s, 3000)
	pay, limit := recordPayment(s, invoices), barePayment(s, invoices)

	benchmark.Report(b, "payment, 1 caller", benchmark.Compare(b, 1, 5, time.Second, pay, limit), benchmark.Original(47))
	benchmark.Report(b, "payment, 16 callers", benchmark.Compare(b, 16, 5, 2*time.Second, pay, limit),
		benchmark.AtLeast(0.5), benchmark.Original(81))
}

// billed seeds clients, bills them, and returns their invoices.
func billed(b *testing.B, s *system.System, clients int) []uuid.UUID {
	ctx := context.Background()
	_, err := seed.Load(ctx, s.Pool, seed.Options{
		Clients: clients, Today: calendar.NewDate(2026, time.November, 22), Now: system.Today,
	})
	require.NoError(b, err)
	s.Post(b, "/api/v1/billing/runs", map[string]any{"period_start": "2026-11-01", "period_end": "2026-11-30"}, nil,
		system.Key("benchmark-2026-11"))
	rows, err := s.Pool.Query(ctx, "SELECT id FROM invoices ORDER BY id")
	require.NoError(b, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(b, err)
	_, err = s.Pool.Exec(ctx, "ANALYZE")
	require.NoError(b, err)
	return ids
}

// recordPayment pays one centime of one invoice after the other.
func recordPayment(s *system.System, invoices []uuid.UUID) benchmark.Operation {
	caller := benchmark.NewCaller(s.URL)
	var number atomic.Int64
	return func(int) error {
		n := number.Add(1)
		return caller.Post("/api/v1/collections/payments", fmt.Sprintf("bench-%08d", n), map[string]any{
			"invoice_id": invoices[int(n)%len(invoices)], "amount": "0.01", "payment_date": "2026-11-22", "method": "cash",
		})
	}
}

func barePayment(s *system.System, invoices []uuid.UUID) benchmark.Operation {
	var number atomic.Int64
	ctx, queries, day := context.Background(), dbsqlc.New(), calendar.NewDate(2026, time.November, 22)
	return func(int) error {
		n, id, now := number.Add(1), db.NewID(), app.Clock()
		return pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
			locked, err := queries.InvoiceLock(ctx, tx, invoices[int(n)%len(invoices)])
			if err != nil {
				return err
			}
			payment, err := queries.PaymentInsert(ctx, tx, dbsqlc.PaymentInsertParams{
				ID: id, InvoiceID: locked.Invoice.ID, ClientID: locked.Invoice.ClientID, Amount: 1, Currency: "MAD",
				PaymentDate: day, Method: "cash", ActorID: "bench", Now: now,
			})
			if err != nil {
				return err
			}
			if _, err := queries.InvoiceUpdatePayment(ctx, tx, dbsqlc.InvoiceUpdatePaymentParams{
				ID: locked.Invoice.ID, PaidAmount: locked.Invoice.PaidAmount + 1, Status: locked.Invoice.Status, Now: now,
			}); err != nil {
				return err
			}
			if err := ledger.PostPayment(ctx, tx, payment, now); err != nil {
				return err
			}
			answer, err := json.Marshal(payment)
			if err != nil {
				return err
			}
			return queries.IdempotencyKeyInsert(ctx, tx, dbsqlc.IdempotencyKeyInsertParams{
				Operation: "bare", Key: fmt.Sprintf("bench-%08d", n), Fingerprint: make([]byte, 32), Answer: answer, Now: now,
			})
		})
	}
}
