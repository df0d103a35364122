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

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// handMade is what was accepted of an event that was made by hand. Of the changes of a round those that add to its amount may
// be many, and one at most says what else it is; so it does not matter in which order those that happen at once are carried out.
type handMade struct {
	contract uuid.UUID
	sign     money.Amount
	amount   money.Amount
	booked   calendar.Date
	deleted  bool
}

// direction is that of an event that adds so much to what is owed.
func (h handMade) direction() ledger.Direction {
	if h.sign < 0 {
		return ledger.Credit
	}
	return ledger.Debit
}

// anyAbout draws what an event says beside its amount. It may be about a contract that stands alone.
func (b *books) anyAbout(t *rapid.T, today calendar.Date) handMade {
	contracts := append(slices.SortedFunc(maps.Keys(b.fees), compareIDs), b.alone)
	return handMade{
		contract: rapid.SampledFrom(contracts).Draw(t, "contract"), sign: rapid.SampledFrom([]money.Amount{1, -1}).Draw(t, "sign"),
		booked: today.AddDays(-rapid.IntRange(0, 40).Draw(t, "booked days ago")),
	}
}

// anyEvent draws a new event, or a change or the deletion of one.
func (b *books) anyEvent(t *rapid.T, today calendar.Date, now time.Time) func() error {
	kind, events := rapid.SampledFrom([]string{"new", "new", "add", "move", "move", "delete"}).Draw(t, "of an event"), slices.SortedFunc(maps.Keys(b.events), compareIDs)
	about, amount := b.anyAbout(t, today), money.Amount(rapid.Int64Range(1, 10_000).Draw(t, "amount"))
	if kind == "new" || len(events) == 0 {
		about.amount = amount
		event := ledger.Event{
			Type: "meter_rental", Direction: about.direction(), Amount: amount, Currency: "MAD", ContractID: about.contract, BookingDate: about.booked, Details: []byte("{}"),
		}
		return func() error {
			var id uuid.UUID
			return b.attempt(func(tx pgx.Tx) (err error) {
				id, err = ledger.CreateEvent(ctx, tx, event, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
				return err
			}, func() { b.events[id] = about })
		}
	}
	id := rapid.SampledFrom(events).Draw(t, "event")
	if kind == "delete" {
		return func() error {
			return b.attempt(func(tx pgx.Tx) error {
				return ledger.DeleteEvent(ctx, tx, id, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
			}, func() {
				if b.events[id].deleted {
					panic("an event was deleted twice")
				}
				b.note(id, func(event *handMade) { event.deleted = true })
			}, refusal.BillingEventNotFound)
		}
	}
	change, note := func(event *ledger.Event) { event.Amount += amount }, func(event *handMade) { event.amount += amount }
	if kind == "move" && !b.moved[id] {
		b.moved[id] = true
		change = func(event *ledger.Event) {
			event.ContractID, event.Direction, event.BookingDate = about.contract, about.direction(), about.booked
		}
		note = func(event *handMade) {
			event.contract, event.sign, event.booked = about.contract, about.sign, about.booked
		}
	}
	return func() error {
		return b.attempt(func(tx pgx.Tx) error {
			return ledger.ChangeEvent(ctx, tx, id, func(event *ledger.Event) error {
				change(event)
				return nil
			}, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
		}, func() { b.note(id, note) }, refusal.BillingEventNotFound)
	}
}

func (b *books) note(id uuid.UUID, change func(*handMade)) {
	event := b.events[id]
	change(&event)
	b.events[id] = event
}

// TestTheLedgerAgreesWithInvoicesAtEveryMoment looks at a client, in one snapshot each time, while others pay and take
// payments back.
func TestTheLedgerAgreesWithInvoicesAtEveryMoment(t *testing.T) {
	t.Parallel()
	const writers, rounds, total = 4, 40, 10_000
	pool := servers.Database(t)
	b := &books{pool: pool, today: firstDay, payments: map[uuid.UUID]collections.Payment{}, reversed: map[uuid.UUID]bool{}, void: map[uuid.UUID]bool{}}
	client, now := newClient(t, pool), noon(firstDay)
	var invoices []uuid.UUID
	for range writers {
		invoices = append(invoices, issue(t, pool, client, firstDay.AddDays(30), total))
	}
	var group errgroup.Group
	for writer := range writers {
		group.Go(func() error {
			for round := range rounds {
				at := now.Add(time.Duration(round) * time.Second)
				// Every other time with the next one.
				if err := b.pay(invoices[(writer+round%2)%writers], money.Amount(1+round), firstDay, at); err != nil {
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
			if owner, owned := owners[event.contract]; owned {
				clients[owner] += event.sign * event.amount
			}
		}
	}
	b.requireEvents(t)
	alone, err := ledger.BalanceOf(ctx, b.pool, b.alone, "MAD")
	require.NoError(t, err)
	require.Equal(t, contracts[b.alone], alone.Amount, "the balance of the contract that stands alone")
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

// requireEvents checks that each event that is there says what was accepted last.
func (b *books) requireEvents(t *rapid.T) {
	rows, err := b.pool.Query(ctx, `SELECT v.id, e.contract_ids[1], e.direction, e.amount::bigint, e.booking_date
		FROM ledger_events v JOIN ledger_entries e ON e.id = v.entry_id`)
	require.NoError(t, err)
	found := map[uuid.UUID]handMade{}
	var id uuid.UUID
	var event handMade
	var direction ledger.Direction
	_, err = pgx.ForEachRow(rows, []any{&id, &event.contract, &direction, &event.amount, &event.booked}, func() error {
		event.sign = 1
		if direction == ledger.Credit {
			event.sign = -1
		}
		found[id] = event
		return nil
	})
	require.NoError(t, err)
	want := maps.Clone(b.events)
	maps.DeleteFunc(want, func(_ uuid.UUID, event handMade) bool { return event.deleted })
	require.Equal(t, want, found)
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
