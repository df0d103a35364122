package system_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// statement is what a client owes, in centimes, computed with fractions and without the program's own code.
type statement struct {
	lines              int
	subtotal, tax, sum int64
}

func TestBillingRun_MatchesIndependentTotals(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 75 })
	_, err := seed.Load(t.Context(), s.Pool, seed.Options{
		Clients: 1000, Seed: 2026, Today: s.Zone.DateAt(system.Today), Now: system.Today.Add(-time.Hour),
	})
	require.NoError(t, err)
	expected := owed(t, s, "2026-10-01", "2026-10-31", big.NewRat(2, 10))
	require.Greater(t, len(expected), 500, "the demo clients must give a run worth the name")

	var result struct {
		InvoiceCount   int          `json:"invoice_count"`
		SkippedCount   int          `json:"skipped_count"`
		FailedCount    int          `json:"failed_count"`
		SubtotalAmount money.Amount `json:"subtotal_amount"`
		TaxAmount      money.Amount `json:"tax_amount"`
		TotalAmount    money.Amount `json:"total_amount"`
		InvoiceIDs     []uuid.UUID  `json:"invoice_ids"`
	}
	s.Post(t, "/api/v1/billing/runs", map[string]any{
		"period_start": "2026-10-01", "period_end": "2026-10-31", "tax_rate": "0.20",
	}, &result, system.Key("demo-clients-2026-10"))

	var total statement
	for _, each := range expected {
		total.lines += each.lines
		total.subtotal += each.subtotal
		total.tax += each.tax
		total.sum += each.sum
	}
	require.Equal(t, len(expected), result.InvoiceCount)
	require.Len(t, result.InvoiceIDs, len(expected))
	require.Zero(t, result.SkippedCount+result.FailedCount)
	require.Equal(t, money.Amount(total.subtotal), result.SubtotalAmount)
	require.Equal(t, money.Amount(total.tax), result.TaxAmount)
	require.Equal(t, money.Amount(total.sum), result.TotalAmount)
	require.Equal(t, expected, issued(t, s))
}

// owed computes every client's statement from the contracts: one recurring fee for each that is active in the period, an
// activation fee for each that starts in it, tax on the sum rounded half up.
func owed(t *testing.T, s *system.System, from, to string, rate *big.Rat) map[uuid.UUID]statement {
	t.Helper()
	rows, err := s.Pool.Query(t.Context(), `
		SELECT c.client_id, o.monthly_fee::bigint, o.activation_fee::bigint, c.start_date::text, coalesce(c.end_date::text, '9999'), c.status
		FROM contracts c JOIN offers o ON o.id = c.offer_id`)
	require.NoError(t, err)
	statements := map[uuid.UUID]statement{}
	var client uuid.UUID
	var monthly, activation int64
	var start, end, status string
	_, err = pgx.ForEachRow(rows, []any{&client, &monthly, &activation, &start, &end, &status}, func() error {
		if status != "active" || start > to || end < from {
			return nil
		}
		each := statements[client]
		each.lines++
		each.subtotal += monthly
		if start >= from && activation > 0 {
			each.lines++
			each.subtotal += activation
		}
		statements[client] = each
		return nil
	})
	require.NoError(t, err)
	for client, each := range statements {
		each.tax = roundHalfUp(new(big.Rat).Mul(big.NewRat(each.subtotal, 1), rate))
		each.sum = each.subtotal + each.tax
		statements[client] = each
	}
	return statements
}

func roundHalfUp(amount *big.Rat) int64 {
	doubled := new(big.Rat).Add(new(big.Rat).Add(amount, amount), big.NewRat(1, 1))
	quotient := new(big.Int).Quo(doubled.Num(), new(big.Int).Mul(big.NewInt(2), doubled.Denom()))
	return quotient.Int64()
}

// issued reads back what the run wrote, sums taken from the lines.
func issued(t *testing.T, s *system.System) map[uuid.UUID]statement {
	t.Helper()
	rows, err := s.Pool.Query(t.Context(), `
		SELECT i.client_id, count(*)::int, sum(l.line_total)::bigint, i.tax_amount::bigint, i.total_amount::bigint
		FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id GROUP BY i.id`)
	require.NoError(t, err)
	statements := map[uuid.UUID]statement{}
	var client uuid.UUID
	var each statement
	_, err = pgx.ForEachRow(rows, []any{&client, &each.lines, &each.subtotal, &each.tax, &each.sum}, func() error {
		require.NotContains(t, statements, client, "two invoices for client %s", client)
		statements[client] = each
		return nil
	})
	require.NoError(t, err)
	return statements
}
