package faults

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
)

// billed is what one client's invoice says, or should say.
type billed struct {
	contracts, lines     int
	subtotal, tax, total int64
}

// requireBilledOnce compares the issued invoices with an independent computation from the contracts.
func (s *site) requireBilledOnce(t *testing.T, run apiclient.BillingRun, final apiclient.BillingProgress) {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), `
		SELECT c.client_id, o.monthly_fee::bigint, CASE WHEN c.start_date >= $1 THEN o.activation_fee::bigint ELSE 0 END
		FROM contracts c JOIN offers o ON o.id = c.offer_id
		WHERE c.status = 'active' AND c.start_date <= $2 AND (c.end_date IS NULL OR c.end_date >= $1)`, run.PeriodStart, run.PeriodEnd)
	require.NoError(t, err)
	owed := map[[16]byte]billed{}
	var clientID [16]byte
	var monthly, activation int64
	_, err = pgx.ForEachRow(rows, []any{&clientID, &monthly, &activation}, func() error {
		each := owed[clientID]
		each.contracts++
		each.lines++
		if activation > 0 {
			each.lines++
		}
		each.subtotal += monthly + activation
		owed[clientID] = each
		return nil
	})
	require.NoError(t, err)
	var total int64
	for id, each := range owed {
		each.tax = (each.subtotal + 2) / 5 // 20 %, half up: no fifth of a centime is exactly a half.
		each.total = each.subtotal + each.tax
		owed[id] = each
		total += each.total
	}

	rows, err = s.pool.Query(t.Context(), `
		SELECT i.client_id, i.number, i.subtotal_amount::bigint, i.tax_amount::bigint, i.total_amount::bigint,
			l.lines, l.line_sum, l.contracts, l.recurring
		FROM invoices i
		JOIN (SELECT invoice_id, count(*)::int AS lines, sum(line_total)::bigint AS line_sum, count(DISTINCT contract_id)::int AS contracts,
				(count(*) FILTER (WHERE line_type = 'recurring'))::int AS recurring
			FROM invoice_lines GROUP BY invoice_id) l ON l.invoice_id = i.id`)
	require.NoError(t, err)
	var number string
	var each billed
	var lineSum int64
	var recurring int
	issued := map[[16]byte]billed{}
	_, err = pgx.ForEachRow(rows, []any{
		&clientID, &number, &each.subtotal, &each.tax, &each.total, &each.lines, &lineSum, &each.contracts, &recurring,
	}, func() error {
		require.NotContains(t, issued, clientID, "%s is a second invoice", number)
		require.Equal(t, each.subtotal, lineSum, "lines of %s", number)
		require.Equal(t, each.contracts, recurring, "recurring lines of %s", number)
		issued[clientID] = each
		return nil
	})
	require.NoError(t, err)
	require.Len(t, issued, len(owed))
	for id, each := range owed {
		require.Equal(t, each, issued[id], "client %x", id)
	}
	require.Equal(t, len(owed), final.InvoiceCount)
	require.Equal(t, money.Amount(total), final.TotalAmount)
	faults, err := ledger.Prove(t.Context(), s.pool)
	require.NoError(t, err)
	require.Empty(t, faults, "every invoice is in the ledger, once")
}

// requireNumbers checks that the numbers of each year begin at one and have no gaps.
func (s *site) requireNumbers(t *testing.T) {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), `SELECT number FROM invoices ORDER BY number`)
	require.NoError(t, err)
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	last := map[int]int{}
	for _, number := range numbers {
		var year, sequence int
		_, err := fmt.Sscanf(number, "FA-%d-%d", &year, &sequence)
		require.NoError(t, err)
		last[year]++
		require.Equal(t, fmt.Sprintf("FA-%04d-%07d", year, last[year]), number, "the numbers have a gap")
	}
	stored := map[int]int{}
	rows, err = s.pool.Query(t.Context(), `SELECT year, last_number::int FROM invoice_number_sequences`)
	require.NoError(t, err)
	var year, sequence int
	_, err = pgx.ForEachRow(rows, []any{&year, &sequence}, func() error {
		stored[year] = sequence
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, last, stored, "the sequences are where the numbers end")
}

// requireStore checks that the store has the documents that are registered and no other file of any name.
func (s *site) requireStore(t *testing.T) {
	t.Helper()
	require.Empty(t, s.unregistered(t), "the store has files that nothing registers")
}

// unregistered compares the files with the register: one document for each invoice, and each with a file of the registered
// content. It returns the files that are not in the register.
func (s *site) unregistered(t *testing.T) (others []string) {
	t.Helper()
	var amiss int
	err := s.pool.QueryRow(t.Context(), `
		SELECT count(*) FROM invoices i WHERE (SELECT count(*) FROM documents d WHERE d.invoice_id = i.id) <> 1`).Scan(&amiss)
	require.NoError(t, err)
	require.Zero(t, amiss, "invoices without exactly one document")
	rows, err := s.pool.Query(t.Context(), `SELECT storage_key, sha256 FROM documents`)
	require.NoError(t, err)
	registered := map[string][]byte{}
	var key string
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &hash}, func() error {
		registered[key] = append([]byte{}, hash...)
		return nil
	})
	require.NoError(t, err)
	err = filepath.WalkDir(s.documents, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(s.documents, path)
		require.NoError(t, err)
		key := filepath.ToSlash(relative)
		want, known := registered[key]
		if !known {
			others = append(others, key)
			return nil
		}
		content, err := os.ReadFile(path)
		sum := sha256.Sum256(content)
		require.Equal(t, want, sum[:], "file %s", key)
		delete(registered, key)
		return err
	})
	require.NoError(t, err)
	require.Empty(t, registered, "documents without a file")
	return others
}

// requireAnswerKept checks that the run's key still gives its answer.
func (s *site) requireAnswerKept(t *testing.T, run apiclient.BillingRun, final apiclient.BillingProgress) {
	t.Helper()
	var again apiclient.BillingResult
	_, err := s.api().Do(t.Context(), http.MethodPost, runsPath, run, &again, "Idempotency-Key", runKey)
	require.NoError(t, err)
	require.True(t, again.IdempotencyReplayed)
	require.Equal(t, final.ID, again.BillingRunID)
	require.Equal(t, final.InvoiceCount, again.InvoiceCount)
	require.Equal(t, final.TotalAmount, again.TotalAmount)
}

// requireNothingLeftToBill bills the same days under another key, which must find everyone billed.
func (s *site) requireNothingLeftToBill(t *testing.T, run apiclient.BillingRun, final apiclient.BillingProgress) {
	t.Helper()
	second, err := s.api().RunBilling(t.Context(), run, runKey+"-again", nil)
	require.NoError(t, err)
	require.Equal(t, "completed", second.Status)
	require.Zero(t, second.InvoiceCount)
	require.Equal(t, final.InvoiceCount, second.SkippedCount)
}

// requireNothingStuck checks that no run and no workflow waits for anything.
func (s *site) requireNothingStuck(t *testing.T) {
	t.Helper()
	var open, undocumented int
	require.NoError(t, s.pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM billing_runs WHERE status IN ('planned', 'running', 'paused')),
			(SELECT count(*) FROM billing_run_chunks WHERE status <> 'documented')`).Scan(&open, &undocumented))
	require.Zero(t, open, "runs that have not ended")
	require.Zero(t, undocumented, "chunks that are not finished")
	temporal, err := client.Dial(client.Options{HostPort: s.temporalAddress, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer temporal.Close()
	s.eventually(t, "no workflow is open", func(ctx context.Context) bool {
		running, err := temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
		return err == nil && running.GetCount() == 0
	})
}
