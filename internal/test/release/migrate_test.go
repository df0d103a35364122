package release_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// unwritten are the tables that the population of a release leaves empty.
var unwritten = []string{"billing_run_failures"}

func TestRelease_Migrates(t *testing.T) {
	eachRelease(t, func(t *testing.T, directory string) {
		databaseURL := restored(t, directory)
		conn := connect(t, databaseURL)
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		before := rowCounts(t, conn)
		var empty []string
		for table, rows := range before {
			if rows == 0 {
				empty = append(empty, table)
			}
		}
		require.ElementsMatch(t, unwritten, empty, "tables without rows in the fixture")

		_, err := db.Migrate(t.Context(), databaseURL)
		require.NoError(t, err)
		require.NoError(t, db.CheckMigrated(t.Context(), databaseURL))

		after := rowCounts(t, conn)
		for table, rows := range before {
			require.Equal(t, rows, after[table], "rows of %s", table)
		}
		requireForeignKeys(t, conn)
		requireInvariants(t, conn)
		faults, err := ledger.Prove(t.Context(), conn)
		require.NoError(t, err)
		require.Empty(t, faults)
	})
}

// requireForeignKeys creates every foreign key again, which checks all rows.
func requireForeignKeys(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	statements := collect[string](t, conn, `
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
			conrelid::regclass, conname, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`)
	require.NotEmpty(t, statements)
	for _, statement := range statements {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// requireInvariants checks what triggers guarantee when the program writes rows.
func requireInvariants(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for name, query := range map[string]string{
		"invoices whose lines do not add up to the subtotal": `SELECT number FROM invoices i
			WHERE subtotal_amount <> (SELECT coalesce(sum(line_total), 0) FROM invoice_lines WHERE invoice_id = i.id)`,
		"invoices whose subtotal and tax do not add up to the total": `SELECT number FROM invoices
			WHERE total_amount <> subtotal_amount + tax_amount`,
		"years with gaps between the invoice numbers": `SELECT seller_code || number_year FROM invoices
			GROUP BY seller_code, number_year
			HAVING min(number_sequence) <> 1 OR max(number_sequence) <> count(DISTINCT number_sequence)`,
		"sequences that are not at the last invoice number": `SELECT seller_code || year FROM invoice_number_sequences s
			WHERE last_number <> (SELECT max(number_sequence) FROM invoices WHERE seller_code = s.seller_code AND number_year = s.year)`,
		"contracts without a billing profile": `SELECT c.id::text FROM contracts c
			WHERE NOT EXISTS (SELECT 1 FROM billing_profiles WHERE contract_id = c.id)`,
		"wrong totals of collection cases": `SELECT 'cases' WHERE
			(SELECT coalesce(sum(case_count), 0) FROM collection_case_totals) <> (SELECT count(*) FROM collection_cases)`,
	} {
		require.Empty(t, collect[string](t, conn, query), name)
	}
	for _, list := range collect[string](t, conn, "SELECT DISTINCT list FROM list_totals") {
		query := fmt.Sprintf("SELECT sum(total)::bigint - (SELECT count(*) FROM %s) FROM list_totals WHERE list = $1", list)
		require.Zero(t, collect[int64](t, conn, query, list)[0], "the total of %s", list)
	}
}

func TestRelease_APIAnswers(t *testing.T) {
	eachRelease(t, func(t *testing.T, directory string) {
		if testing.Short() {
			t.Skip("starts a whole system")
		}
		databaseURL := restored(t, directory)
		_, err := db.Migrate(t.Context(), databaseURL)
		require.NoError(t, err)
		s := system.Start(t, func(c *config.Config) { c.DatabaseURL = databaseURL })
		for _, path := range []string{
			"/api/v1/customers", "/api/v1/offers", "/api/v1/contracts", "/api/v1/invoices", "/api/v1/billing/runs",
			"/api/v1/collections/payments", "/api/v1/collections/cases", "/v1/billing/events",
		} {
			var page struct {
				Data, Results []map[string]any
			}
			s.Get(t, path, &page)
			require.NotEmpty(t, append(page.Data, page.Results...), path)
			for _, row := range page.Data {
				if path != "/api/v1/collections/payments" && path != "/api/v1/collections/cases" {
					s.Get(t, fmt.Sprint(path, "/", row["id"]), nil)
				}
			}
		}
		requireSameDocuments(t, s)
	})
}

// requireSameDocuments checks that documents render to the bytes that the release issued. The fixture has no files, so
// the system renders each document again.
func requireSameDocuments(t *testing.T, s *system.System) {
	t.Helper()
	rows, err := s.Pool.Query(t.Context(), `SELECT DISTINCT ON (contract_id, invoice_id) contract_id, invoice_id, sha256 FROM documents
		ORDER BY contract_id, invoice_id, created_at DESC, id DESC`)
	require.NoError(t, err)
	type issued struct {
		ContractID, InvoiceID *uuid.UUID
		SHA256                []byte
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[issued])
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, each := range all {
		var file documents.File
		if each.ContractID != nil {
			file, err = s.Documents.ContractFile(t.Context(), *each.ContractID)
		} else {
			file, err = s.Documents.InvoiceFile(t.Context(), *each.InvoiceID, s.Now())
		}
		require.NoError(t, err)
		digest := sha256.Sum256(file.Content)
		require.Equal(t, each.SHA256, digest[:], file.Name)
	}
}
