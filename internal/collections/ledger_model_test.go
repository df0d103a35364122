package collections_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/testenv"
)

// handMade is what was accepted of an event that was made by hand. Changes add to its amount, so that it does not
// matter in which order those that happen at once are carried out.
type handMade struct {
	contract uuid.UUID
	sign     money.Amount
	amount   money.Amount
	deleted  bool
}

// anyEvent draws a new event, or a change or the deletion of one.
func (b *books) anyEvent(t *rapid.T, today calendar.Date, now time.Time) func() error {
	kind, events := rapid.SampledFrom([]string{"new", "change", "delete"}).Draw(t, "of an event"), slices.SortedFunc(maps.Keys(b.events), compareIDs)
	amount := money.Amount(rapid.Int64Range(1, 10_000).Draw(t, "amount"))
	contract := rapid.SampledFrom(slices.SortedFunc(maps.Keys(b.fees), compareIDs)).Draw(t, "contract")
	if kind == "new" || len(events) == 0 {
		about := handMade{contract: contract, sign: 1, amount: amount}
		event := ledger.Event{Type: "meter_rental", Direction: ledger.Debit, Amount: amount, Currency: "MAD", ContractID: contract, BookingDate: today, Details: []byte("{}")}
		if rapid.Bool().Draw(t, "credit") {
			about.sign, event.Direction = -1, ledger.Credit
		}
		return func() error {
			var id uuid.UUID
			return b.attempt(func(tx pgx.Tx) (err error) {
				id, err = ledger.CreateEvent(ctx, tx, event, "op-1", now)
				return err
			}, func() { b.events[id] = about })
		}
	}
	id := rapid.SampledFrom(events).Draw(t, "event")
	if kind == "delete" {
		return func() error {
			return b.attempt(func(tx pgx.Tx) error { return ledger.DeleteEvent(ctx, tx, id, "op-1", now) }, func() {
				about := b.events[id]
				if about.deleted {
					panic("an event was deleted twice")
				}
				about.deleted = true
				b.events[id] = about
			}, refusal.BillingEventNotFound)
		}
	}
	return func() error {
		return b.attempt(func(tx pgx.Tx) error {
			return ledger.ChangeEvent(ctx, tx, id, func(event *ledger.Event) error {
				event.Amount += amount
				return nil
			}, "op-1", now)
		}, func() {
			about := b.events[id]
			about.amount += amount
			b.events[id] = about
		}, refusal.BillingEventNotFound)
	}
}

// TestTheLedgerAgreesWithInvoicesAtEveryMoment looks at a client, in one snapshot each time, while others pay and take
// payments back.
func TestTheLedgerAgreesWithInvoicesAtEveryMoment(t *testing.T) {
	t.Parallel()
	const writers, rounds, total = 4, 40, 10_000
	pool := testenv.Database(t)
	b := &books{pool: pool, today: firstDay, payments: map[uuid.UUID]dbsqlc.Payment{}, reversed: map[uuid.UUID]bool{}, void: map[uuid.UUID]bool{}}
	client, now := newClient(t, pool), noon(firstDay)
	var invoices []uuid.UUID
	for range writers {
		invoice := issue(t, pool, client, firstDay.AddDays(30), total)
		require.NoError(t, ledger.PostInvoices(ctx, pool, []uuid.UUID{invoice}, "op-1"))
		invoices = append(invoices, invoice)
	}
	var group errgroup.Group
	for writer := range writers {
		group.Go(func() error {
			for round := range rounds {
				at := now.Add(time.Duration(round) * time.Second)
				// Every other time with the next one.
				if err := b.pay(collections.RecordPayment, invoices[(writer+round%2)%writers], money.Amount(1+round), firstDay, at); err != nil {
					return err
				}
				if payment, found := b.anyPosted(); found && round%3 == 0 {
					if err := b.reverse(payment, firstDay, at.Add(time.Hour)); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()
	looks := 0
	for running := true; running; looks++ {
		select {
		case err := <-done:
			require.NoError(t, err)
			running = false
		default:
		}
		var balance, owed money.Amount
		require.NoError(t, pool.QueryRow(ctx, `SELECT (SELECT balance::bigint FROM ledger_accounts WHERE id = $1),
			(SELECT sum(total_amount - paid_amount)::bigint FROM invoices WHERE client_id = $1 AND status <> 'void')`, client).Scan(&balance, &owed))
		require.Equal(t, owed, balance, "what is outstanding, and the balance, at one moment")
	}
	require.Greater(t, looks, 1)
	require.Len(t, b.payments, writers*rounds)
	faults, err := ledger.Prove(ctx, pool)
	require.NoError(t, err)
	require.Empty(t, faults)
}

// anyPosted returns a payment that was accepted and not reversed yet; another writer may reverse it first.
func (b *books) anyPosted() (id uuid.UUID, found bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for id := range b.payments {
		if !b.reversed[id] {
			return id, true
		}
	}
	return uuid.Nil, false
}

// share is what one contract has of an invoice: of its total, and of what is left of it.
type share struct {
	Invoice, Contract uuid.UUID
	Lines, Subtotal   money.Amount
}

// requireLedger compares the ledger with what follows from the facts, and with itself.
func (b *books) requireLedger(t *rapid.T, want state) {
	faults, err := ledger.Prove(ctx, b.pool)
	require.NoError(t, err)
	require.Empty(t, faults, "the ledger proves itself")
	b.requireEntriesStay(t)

	owners, clients := b.owners(t), map[uuid.UUID]money.Amount{}
	for _, invoice := range b.invoices {
		clients[invoice.Client] += want.outstanding[invoice.ID]
	}
	contracts := map[uuid.UUID]money.Amount{}
	for _, event := range b.events {
		if !event.deleted {
			contracts[event.contract] += event.sign * event.amount
			clients[owners[event.contract]] += event.sign * event.amount
		}
	}
	for client, owed := range clients {
		balance, err := ledger.BalanceOf(ctx, b.pool, client, "MAD")
		require.NoError(t, err)
		require.Equal(t, owed, balance.Amount, "the balance of client %s", client)
	}
	least, most, added := maps.Clone(contracts), maps.Clone(contracts), map[uuid.UUID]money.Amount{}
	for _, share := range b.shares(t) {
		total, owed := b.totalOf(share.Invoice), want.outstanding[share.Invoice]
		// Rounded one way or the other; what is paid settles one contract after the other.
		whole := total * share.Lines / share.Subtotal
		least[share.Contract] += max(0, owed-(total-whole)-1)
		most[share.Contract] += min(owed, whole+1)
	}
	for contract, owner := range owners {
		balance, err := ledger.BalanceOf(ctx, b.pool, contract, "MAD")
		require.NoError(t, err)
		require.True(t, least[contract] <= balance.Amount && balance.Amount <= most[contract],
			"contract %s owes %d, not %d to %d", contract, balance.Amount, least[contract], most[contract])
		added[owner] += balance.Amount
	}
	for client, owed := range clients {
		require.Equal(t, owed, added[client], "the contracts of client %s add up", client)
	}
}

// requireEntriesStay checks that no entry that was seen before is lost or another, and that there is one for each fact.
func (b *books) requireEntriesStay(t *rapid.T) {
	rows, err := b.pool.Query(ctx, "SELECT id, to_jsonb(e)::text || (SELECT string_agg(to_jsonb(p)::text, ',' ORDER BY account_id) FROM ledger_postings p WHERE p.entry_id = e.id) FROM ledger_entries e")
	require.NoError(t, err)
	entries := map[uuid.UUID]string{}
	var id uuid.UUID
	var content string
	_, err = pgx.ForEachRow(rows, []any{&id, &content}, func() error {
		entries[id] = content
		return nil
	})
	require.NoError(t, err)
	for id, content := range b.entries {
		require.Equal(t, content, entries[id], "an entry changed")
	}
	b.entries = entries
	live := 0
	for _, event := range b.events {
		if !event.deleted {
			live++
		}
	}
	for source, counted := range map[string]int{
		"source = 'invoice'": len(b.invoices), "source = 'payment'": len(b.payments), "source = 'payment_reversal'": len(b.reversed),
		"source = 'invoice_void'": len(b.void),
		"source = 'api' AND NOT EXISTS (SELECT 1 FROM ledger_entries r WHERE r.reverses_id = e.id)":          live,
		"source = 'api_reversal' AND NOT EXISTS (SELECT 1 FROM ledger_entries r WHERE r.id = e.reverses_id)": 0,
	} {
		var found int
		require.NoError(t, b.pool.QueryRow(ctx, "SELECT count(*) FROM ledger_entries e WHERE "+source).Scan(&found))
		require.Equal(t, counted, found, source)
	}
}

func (b *books) owners(t *rapid.T) map[uuid.UUID]uuid.UUID {
	rows, err := b.pool.Query(ctx, "SELECT id, client_id FROM contracts")
	require.NoError(t, err)
	owners := map[uuid.UUID]uuid.UUID{}
	var contract, client uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&contract, &client}, func() error {
		owners[contract] = client
		return nil
	})
	require.NoError(t, err)
	return owners
}

func (b *books) shares(t *rapid.T) []share {
	rows, err := b.pool.Query(ctx, `SELECT l.invoice_id AS invoice, l.contract_id AS contract, sum(l.line_total)::bigint AS lines, max(i.subtotal_amount) AS subtotal
		FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id GROUP BY 1, 2`)
	require.NoError(t, err)
	shares, err := pgx.CollectRows(rows, pgx.RowToStructByName[share])
	require.NoError(t, err)
	return shares
}

func (b *books) totalOf(invoice uuid.UUID) money.Amount {
	return b.invoices[slices.IndexFunc(b.invoices, func(one issued) bool { return one.ID == invoice })].Total
}
