package ledger_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// What becomes of an invoice that an old process wrote enters the invoice too.
func TestAnInvoiceWithoutAnEntryIsEnteredByWhatBecomesOfIt(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	client, contracts := newClient(t, pool, 2)
	paid, voided := issue(t, pool, client, contracts...), issue(t, pool, client, contracts...)
	faults, err := ledger.Prove(t.Context(), pool)
	require.NoError(t, err)
	require.Len(t, faults, 4, "each invoice is not entered, and owes something else")

	void(t, pool, voided)
	requireBalance(t, pool, 0, client)
	requireBalance(t, pool, 0, contracts[1])
	pay(t, pool, paid, 120)
	requireBalance(t, pool, 81, client)
	requireBalance(t, pool, 0, contracts[0])
	requireBalance(t, pool, 81, contracts[1])
	requireProven(t, pool)

	reverse(t, pool, payUnentered(t, pool, paid, 80))
	requireBalance(t, pool, 81, client)
	requireBalance(t, pool, 81, contracts[1])
	requireProven(t, pool)
}

// What old processes wrote between what new ones did is entered so that every entry is about contracts with its whole amount,
// and no contract is paid more than it owes.
func TestWhatIsMissingIsEnteredWhateverWasEnteredSince(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	client, contracts := newClient(t, pool, 2)
	invoice := issue(t, pool, client, contracts...)
	enter(t, pool, invoice)
	// With all payments that are or were there the invoice would be paid more than once.
	reverseUnentered(t, pool, payUnentered(t, pool, invoice, 150))
	payUnentered(t, pool, invoice, 60)
	reverseUnentered(t, pool, pay(t, pool, invoice, 100))
	pay(t, pool, invoice, 90)

	entered, err := ledger.EnterMissing(t.Context(), pool)
	require.NoError(t, err)
	require.Equal(t, int64(4), entered)
	requireProven(t, pool)
	requireBalance(t, pool, 51, client)
	requireBalance(t, pool, 40, contracts[0])
	requireBalance(t, pool, 11, contracts[1])
	var partly int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM ledger_entries WHERE amount <> (SELECT sum(part) FROM unnest(contract_amounts) part)").Scan(&partly))
	require.Zero(t, partly)
}

// What is missing is entered once, while others pay and void the same invoices and two look at once for what is missing.
func TestWhatIsMissingIsEnteredBesideWriters(t *testing.T) {
	t.Parallel()
	const clients, writers = 12, 3
	pool := servers.Database(t)
	var invoices []uuid.UUID
	for range clients {
		client, contracts := newClient(t, pool, 2)
		invoices = append(invoices, issue(t, pool, client, contracts...), issue(t, pool, client, contracts[0]))
	}
	ctx := context.Background()
	var group errgroup.Group
	for writer := range writers {
		group.Go(func() error {
			for i, invoice := range slices.Backward(invoices) {
				err := db.InTransaction(ctx, pool, func(tx pgx.Tx) (err error) {
					if (i+writer)%3 == 0 {
						_, _, err = collections.VoidInvoice(ctx, tx, keyed(idempotency.InvoiceVoid), collections.VoidInput{InvoiceID: invoice, Reason: "Wrong"}, "op-1", firstDay, now)
					} else {
						input := collections.PaymentInput{InvoiceID: invoice, Amount: 30, PaymentDate: firstDay, Method: "cash"}
						_, _, err = collections.RecordPayment(ctx, tx, keyed(idempotency.Payment), input, "op-1", firstDay, now)
					}
					return err
				})
				if err != nil && refusal.As(err) == nil {
					return err
				}
			}
			return nil
		})
	}
	for range 2 {
		group.Go(func() error {
			_, err := ledger.EnterMissing(ctx, pool)
			return err
		})
	}
	require.NoError(t, group.Wait())
	requireProven(t, pool)
	entered, err := ledger.EnterMissing(t.Context(), pool)
	require.NoError(t, err)
	require.Zero(t, entered)
	var counted int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM ledger_entries WHERE source = 'invoice'").Scan(&counted))
	require.Equal(t, len(invoices), counted)
}

// A contract that a process made which kept no history begins one with what it costs, once.
func TestWhatContractsCostIsNotedWhereItIsMissing(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	_, contracts := newClient(t, pool, 3)
	within(t, pool, func(tx pgx.Tx) error {
		locked, err := ledger.LockContract(t.Context(), tx, contracts[0])
		require.NoError(t, err)
		return ledger.ChangeContract(t.Context(), tx, locked, ledger.Profile{InstallmentAmount: new(money.Amount(70)), Currency: ledger.Currency, Details: []byte("{}")}, "op-1", firstDay, now)
	})
	noted := make([]int64, 2)
	var group errgroup.Group
	for i := range noted {
		group.Go(func() (err error) {
			noted[i], err = ledger.NoteMissing(context.Background(), pool)
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.ElementsMatch(t, []int64{0, 2}, noted)
	var told string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT string_agg(concat_ws(' ', reason, source, new_amount::bigint, effective_date), ', ' ORDER BY contract_id)
		FROM configuration_changes`).Scan(&told))
	require.Equal(t, "installment_set api 70 2026-01-01, provisioned system 100 2025-01-01, provisioned system 100 2025-01-01", told)
}
