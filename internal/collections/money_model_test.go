package collections_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// The reference: what the state must be, computed from scratch from the facts alone. It knows
// neither the order in which they came nor what was there before.

// facts are what was accepted: invoices, payments that were not reversed, and voids.
type facts struct {
	invoices []issued
	paid     map[uuid.UUID]money.Amount
	void     map[uuid.UUID]bool
}

type issued struct {
	ID, Client uuid.UUID
	Due        calendar.Date
	Total      money.Amount
}

// state is what follows from the facts on a day.
type state struct {
	status      map[uuid.UUID]string
	outstanding map[uuid.UUID]money.Amount
	days        map[uuid.UUID]int
	delinquent  map[uuid.UUID]bool
	overdue     int64
	total       money.Amount
	buckets     map[string]money.Amount
}

func (f facts) on(today calendar.Date) state {
	s := state{map[uuid.UUID]string{}, map[uuid.UUID]money.Amount{}, map[uuid.UUID]int{}, map[uuid.UUID]bool{}, 0, 0, map[string]money.Amount{}}
	for _, invoice := range f.invoices {
		days, owed := today.DaysSince(invoice.Due), invoice.Total-f.paid[invoice.ID]
		switch {
		case f.void[invoice.ID]:
			s.status[invoice.ID], owed = "void", 0
		case owed == 0:
			s.status[invoice.ID] = "paid"
		case days > 0:
			s.status[invoice.ID], s.delinquent[invoice.Client] = "overdue", true
			s.overdue, s.total, s.buckets[bucketOf(days)] = s.overdue+1, s.total+owed, s.buckets[bucketOf(days)]+owed
		default:
			s.status[invoice.ID] = "issued"
		}
		s.outstanding[invoice.ID], s.days[invoice.ID] = owed, days
	}
	return s
}

// told replays the history of a case and returns the status at its end. Every action must follow
// from the one before it, and nothing but its invoice being void closes a case.
func told(t fataler, actions []dbsqlc.CollectionCaseAction, void bool) (status string) {
	for i, action := range actions {
		worked := status == "open" || status == "in_progress"
		switch action.ActionType {
		case "case_opened":
			require.Zero(t, i, "a case is opened once, and first")
			status = "open"
		case "case_reopened":
			require.False(t, worked, "reopened while %s", status)
			status = "open"
		case "case_resolved", "case_closed":
			require.True(t, worked, "%s while %s", action.ActionType, status)
			require.True(t, void || action.ActionType == "case_resolved", "closed, and the invoice is not void")
			status = string(action.ActionType)[len("case_"):]
		case "status_updated":
			status = payloadOf(t, action)["to_status"].(string)
		}
	}
	return status
}

func payloadOf(t fataler, action dbsqlc.CollectionCaseAction) (payload map[string]any) {
	require.NoError(t, json.Unmarshal(action.Payload, &payload))
	return payload
}

// books are a database with a few clients, and the facts that it accepted.
type books struct {
	pool   *pgxpool.Pool
	today  calendar.Date
	now    time.Time                  // of the last that happened
	fees   map[uuid.UUID]money.Amount // of each contract
	months map[calendar.Date]bool     // for which there was a run

	mutex    sync.Mutex
	invoices []issued
	payments map[uuid.UUID]collections.Payment
	reversed map[uuid.UUID]bool
	void     map[uuid.UUID]bool
	alone    uuid.UUID // a contract of nobody
	events   map[uuid.UUID]handMade
	moved    map[uuid.UUID]bool   // events of which a change says in this round what they are about
	entries  map[uuid.UUID]string // of the ledger, as they were when they were last looked at
}

// TestMoneyAddsUpWhateverHappensInWhateverOrder takes a hundred sequences; -rapid.checks=5000 behind the
// package takes more.
func TestMoneyAddsUpWhateverHappensInWhateverOrder(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	rapid.Check(t, func(t *rapid.T) {
		b := anyBooks(t, pool)
		require.NoError(t, b.anyRun(t, b.now)())
		b.readInvoices(t)
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			b.moved = map[uuid.UUID]bool{}
			operations, atOnce := make([]func() error, rapid.IntRange(1, 6).Draw(t, "operations")), rapid.Bool().Draw(t, "at once")
			among := b.invoices
			if rapid.Bool().Draw(t, "of one invoice") {
				among = []issued{rapid.SampledFrom(b.invoices).Draw(t, "the invoice")}
			}
			for i := range operations {
				if i == 0 || !atOnce {
					b.now = b.now.Add(time.Second)
				}
				operations[i] = b.anyOperation(t, among, b.now)
			}
			if atOnce {
				var group errgroup.Group
				for _, operation := range operations {
					group.Go(operation)
				}
				require.NoError(t, group.Wait())
			} else {
				for _, operation := range operations {
					require.NoError(t, operation())
				}
			}
			b.readInvoices(t)
			if rapid.IntRange(0, 2).Draw(t, "look") == 0 {
				b.require(t)
			}
			if days := rapid.SampledFrom([]int{0, 0, 1, 7, 40}).Draw(t, "days"); days > 0 {
				b.today = b.today.AddDays(days)
				b.now = noon(b.today)
			}
		}
		b.require(t)
		// What was voided is billed again, once.
		for month := range b.months {
			require.NoError(t, b.run(month, 15, b.now))
		}
		b.readInvoices(t)
		b.require(t)
		b.requireEachMonthIsBilledOnce(t, 1)
	})
}

// anyBooks empties the database and adds clients with contracts that began long ago.
func anyBooks(t *rapid.T, pool *pgxpool.Pool) *books {
	b := &books{
		pool: pool, today: firstDay, now: noon(firstDay), fees: map[uuid.UUID]money.Amount{}, months: map[calendar.Date]bool{},
		payments: map[uuid.UUID]collections.Payment{}, reversed: map[uuid.UUID]bool{}, void: map[uuid.UUID]bool{}, events: map[uuid.UUID]handMade{},
	}
	empty(t, pool)
	for range rapid.IntRange(1, 3).Draw(t, "clients") {
		client := newClient(t, pool)
		for range rapid.IntRange(1, 2).Draw(t, "contracts") {
			fee := money.Amount(5 * rapid.Int64Range(1, 50).Draw(t, "fee"))
			b.fees[newContract(t, pool, client, fee)] = fee
		}
	}
	require.NoError(t, db.InTransaction(ctx, pool, func(tx pgx.Tx) (err error) {
		b.alone, err = ledger.CreateContract(ctx, tx, ledger.Profile{Status: new("active"), Currency: "MAD", Details: []byte("{}")}, actor.Act{Actor: "op-1", Today: firstDay, Now: b.now})
		return err
	}))
	return b
}

// empty removes all rows, past all triggers: at this size several times faster than TRUNCATE.
func empty(t *rapid.T, pool *pgxpool.Pool) {
	statements := []string{"SET LOCAL session_replication_role = replica"}
	for _, table := range []string{
		"contract_price_changes", "ledger_events", "ledger_postings", "ledger_entries", "ledger_accounts", "billing_profiles",
		"invoice_audit_events", "payments", "collection_case_actions", "collection_cases", "collection_case_totals", "invoice_lines", "invoices",
		"billing_run_skipped_lines", "billing_run_events", "billing_run_failures", "billing_run_chunks", "billing_runs", "invoice_number_sequences", "contracts", "subscribers",
		"offers", "clients", "idempotency_keys", "list_totals",
	} {
		statements = append(statements, "DELETE FROM "+table)
	}
	execute(t, pool, strings.Join(statements, ";"))
}

// anyRun draws a run of a month.
func (b *books) anyRun(t *rapid.T, now time.Time) func() error {
	month := calendar.NewDate(2026, time.Month(rapid.IntRange(1, 2).Draw(t, "month")), 1)
	b.months[month] = true
	due := rapid.Int32Range(1, 60).Draw(t, "due days")
	return func() error { return b.run(month, due, now) }
}

// anyOperation draws something that may happen, to one of some invoices if it is about one. Whether
// it is accepted shows when it runs: beside others, any refusal that its rules know is right.
func (b *books) anyOperation(t *rapid.T, among []issued, now time.Time) func() error {
	// Some began before midnight and are carried out after it.
	today := b.today.AddDays(-rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "late by"))
	invoice := rapid.SampledFrom(among).Draw(t, "invoice")
	payments := slices.DeleteFunc(slices.SortedFunc(maps.Keys(b.payments), compareIDs), func(id uuid.UUID) bool {
		return b.payments[id].InvoiceID != invoice.ID
	})
	kind := rapid.SampledFrom([]string{"pay", "pay", "settle", "reverse", "reverse", "reverse", "void", "void", "put", "sync", "run", "event", "event", "event"}).Draw(t, "kind")
	if kind == "reverse" && len(payments) == 0 {
		kind = "pay"
	}
	switch kind {
	case "pay":
		amount := money.Amount(rapid.Int64Range(1, int64(invoice.Total+1)/2).Draw(t, "amount"))
		return func() error { return b.pay(invoice.ID, amount, today, now) }
	case "settle":
		return func() error { return b.settle(invoice.ID, today, now) }
	case "reverse":
		payment := rapid.SampledFrom(payments).Draw(t, "payment")
		return func() error { return b.reverse(payment, today, now) }
	case "void":
		return func() error { return b.voidInvoice(invoice.ID, today, now) }
	case "put":
		status := rapid.SampledFrom([]string{"open", "in_progress", "resolved", "closed"}).Draw(t, "status")
		return func() error { return b.put(invoice.ID, collections.CaseStatus(status), today, now) }
	case "run":
		return b.anyRun(t, now)
	case "event":
		return b.anyEvent(t, today, now)
	default:
		return func() error { return collections.Sync(ctx, b.pool, today, now) }
	}
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// keyed names a request of its own.
func keyed(operation idempotency.Operation) idempotency.Request {
	return idempotency.Request{Operation: operation, Key: idempotency.Key(uuid.NewString()), Fingerprint: make([]byte, 32)}
}

// attempt runs an operation in a transaction, and notes it when it was accepted. A refusal that
// its rules know is no error.
func (b *books) attempt(work func(pgx.Tx) error, note func(), refusals ...refusal.Code) error {
	err := db.InTransaction(ctx, b.pool, work)
	if refused := refusal.As(err); refused != nil && slices.Contains(refusals, refused.Code) {
		return nil
	}
	if err == nil {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		note()
	}
	return err
}

func (b *books) pay(invoice uuid.UUID, amount money.Amount, today calendar.Date, now time.Time) error {
	var allocation collections.Allocation
	return b.attempt(func(tx pgx.Tx) (err error) {
		command := collections.RecordPayment{InvoiceID: invoice, Amount: amount, PaymentDate: today, Method: "cash"}
		allocation, err = collections.RecordPaymentIn(ctx, tx, command, operate(today, now))
		return err
	}, func() { b.payments[allocation.Payment.ID] = allocation.Payment },
		refusal.InvoiceVoid, refusal.InvoiceAlreadyPaid, refusal.PaymentExceedsOutstanding)
}

func (b *books) settle(invoice uuid.UUID, today calendar.Date, now time.Time) error {
	var allocation collections.Allocation
	return b.attempt(func(tx pgx.Tx) (err error) {
		command := collections.ApprovePaid{InvoiceID: invoice, PaymentDate: &today, Method: "cash"}
		allocation, err = collections.ApprovePaidIn(ctx, tx, command, operate(today, now))
		return err
	}, func() { b.payments[allocation.Payment.ID] = allocation.Payment }, refusal.InvoiceVoid, refusal.InvoiceAlreadyPaid)
}

func (b *books) reverse(payment uuid.UUID, today calendar.Date, now time.Time) error {
	return b.attempt(func(tx pgx.Tx) error {
		_, err := collections.ReversePaymentIn(ctx, tx, collections.ReversePayment{PaymentID: payment, Reason: "Bounced"}, operate(today, now))
		return err
	}, func() {
		if b.reversed[payment] {
			panic("a payment was reversed twice")
		}
		b.reversed[payment] = true
	}, refusal.PaymentAlreadyReversed)
}

func (b *books) voidInvoice(invoice uuid.UUID, today calendar.Date, now time.Time) error {
	return b.attempt(func(tx pgx.Tx) error {
		_, err := collections.VoidInvoiceIn(ctx, tx, collections.VoidInvoice{InvoiceID: invoice, Reason: "Wrong tariff"}, operate(today, now))
		return err
	}, func() { b.void[invoice] = true }, refusal.InvoiceVoid, refusal.InvoiceNotVoidable)
}

func (b *books) put(invoice uuid.UUID, status collections.CaseStatus, today calendar.Date, now time.Time) error {
	var id uuid.UUID
	err := b.pool.QueryRow(ctx, "SELECT id FROM collection_cases WHERE invoice_id = $1", invoice).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = newService(b.pool).ChangeCaseStatus(ctx, collections.ChangeCaseStatus{CaseID: id, Status: status}, operate(today, now))
	return err
}

// run bills a month, two clients at a time.
func (b *books) run(month calendar.Date, dueDays int32, now time.Time) error {
	id, request := uuid.New(), keyed(idempotency.BillingRun)
	terms := billing.Terms{Period: calendar.MonthOf(month), DueDays: dueDays, TaxRate: 200_000}
	var plan billing.Plan
	err := db.InTransaction(ctx, b.pool, func(tx pgx.Tx) (err error) {
		if plan, err = billing.PlanRun(ctx, tx, billing.PlanInput{RunID: id, Request: request, Terms: terms, ActorID: "op-1", ChunkSize: 2}, now); err != nil {
			return err
		}
		_, err = billing.MoveRun(ctx, tx, billing.Move{RunID: id, To: billing.RunRunning, ActorID: billing.RunActor}, now)
		return err
	})
	for number := int32(1); number <= plan.ChunkCount && err == nil; number++ {
		err = db.InTransaction(ctx, b.pool, func(tx pgx.Tx) error {
			_, err := billing.BillChunk(ctx, tx, billing.ChunkInput{
				RunID: id, Number: number, Seller: billing.Seller{Code: "MTF", NumberPrefix: "FA"}, IssuedAt: now, IssueDate: b.today,
			})
			return err
		})
	}
	if err != nil {
		return err
	}
	return db.InTransaction(ctx, b.pool, func(tx pgx.Tx) error {
		_, err := billing.EndRun(ctx, tx, id, request, nil, now)
		return err
	})
}

func (b *books) readInvoices(t *rapid.T) {
	rows, err := b.pool.Query(ctx, "SELECT id, client_id AS client, due_date AS due, total_amount AS total FROM invoices ORDER BY number")
	require.NoError(t, err)
	b.invoices, err = pgx.CollectRows(rows, pgx.RowToStructByName[issued])
	require.NoError(t, err)
}

func (b *books) facts() facts {
	f := facts{b.invoices, map[uuid.UUID]money.Amount{}, b.void}
	for id, payment := range b.payments {
		if !b.reversed[id] {
			f.paid[payment.InvoiceID] += payment.Amount
		}
	}
	return f
}

// require syncs, and compares all that is stored with what follows from the facts.
func (b *books) require(t *rapid.T) {
	b.now = b.now.Add(time.Second)
	require.NoError(t, collections.Sync(ctx, b.pool, b.today, b.now))
	want := b.facts().on(b.today)
	for _, invoice := range b.invoices {
		b.requireInvoice(t, invoice, want)
	}
	b.requireLedger(t, want)
	overview, err := collections.ReadOverview(ctx, b.pool, b.today)
	require.NoError(t, err)
	require.Equal(t, []any{want.overdue, want.total, want.buckets}, []any{overview.OverdueInvoices(), overview.Outstanding, overview.Buckets})
	rows, err := b.pool.Query(ctx, "SELECT id FROM clients WHERE delinquent_since IS NOT NULL")
	require.NoError(t, err)
	delinquent, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	require.Len(t, delinquent, len(want.delinquent))
	for _, client := range delinquent {
		require.True(t, want.delinquent[client], "client %s is delinquent", client)
	}
	due, err := collections.SyncDue(ctx, b.pool, b.today)
	require.NoError(t, err)
	require.False(t, due, "after a sync nothing is due")
	requireTotals(t, b.pool)
	b.requireEachMonthIsBilledOnce(t, 0)
	for about, counted := range map[string]int{
		"SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'invoices'":                           len(b.invoices),
		"SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'payments'":                           len(b.payments),
		"SELECT count(DISTINCT payment_id) FROM invoice_audit_events WHERE event_type = 'payment_reversed'": len(b.reversed),
		"SELECT count(DISTINCT invoice_id) FROM invoice_audit_events WHERE event_type = 'invoice_voided'":   len(b.void),
		"SELECT count(*) FROM invoice_audit_events":                                                         len(b.reversed) + len(b.void),
		"SELECT coalesce(max(number_sequence), 0) FROM invoices":                                            len(b.invoices),
	} {
		var found int
		require.NoError(t, b.pool.QueryRow(ctx, about).Scan(&found), about)
		require.Equal(t, counted, found, about)
	}
}

func (b *books) requireInvoice(t *rapid.T, invoice issued, want state) {
	about := fmt.Sprintf("invoice %s, due %s, on %s", invoice.ID, invoice.Due, b.today)
	var status string
	require.NoError(t, b.pool.QueryRow(ctx, "SELECT status FROM invoices WHERE id = $1", invoice.ID).Scan(&status))
	require.Equal(t, want.status[invoice.ID], status, about)
	found := caseOf(t, b.pool, invoice.ID)
	if found == nil {
		require.NotEqual(t, "overdue", status, "an overdue invoice has a case: %s", about)
		return
	}
	require.Equal(t, status == "overdue", found.Status == "open" || found.Status == "in_progress", "a %s case: %s", found.Status, about)
	require.Equal(t, want.outstanding[invoice.ID], found.OutstandingAmount, about)
	if status == "overdue" {
		days, bucket := collections.Age(*found, b.today)
		require.Equal(t, []any{want.days[invoice.ID], bucketOf(days)}, []any{days, bucket}, about)
	}
	rows, err := b.pool.Query(ctx, "SELECT * FROM collection_case_actions WHERE case_id = $1 ORDER BY created_at, id", found.ID)
	require.NoError(t, err)
	actions, err := pgx.CollectRows(rows, pgx.RowToStructByName[dbsqlc.CollectionCaseAction])
	require.NoError(t, err)
	require.EqualValues(t, found.Status, told(t, actions, status == "void"), "the history ends where the case is: %s", about)
	b.requireNoted(t, *found, actions)
}

// requireNoted checks that a history notes each payment and each reversal once, that it invents
// none, and that it has all since the case was opened.
func (b *books) requireNoted(t *rapid.T, about dbsqlc.CollectionCase, actions []dbsqlc.CollectionCaseAction) {
	noted := map[collections.ActionType]map[uuid.UUID]bool{"payment_recorded": {}, "payment_reversed": {}}
	for _, action := range actions {
		if of := noted[action.ActionType]; of != nil {
			id := uuid.MustParse(payloadOf(t, action)["payment_id"].(string))
			payment, accepted := b.payments[id]
			require.True(t, accepted && payment.InvoiceID == about.InvoiceID, "%s of a payment of the invoice", action.ActionType)
			require.False(t, of[id], "%s twice", action.ActionType)
			require.True(t, action.ActionType == "payment_recorded" || b.reversed[id], "a payment that was not reversed")
			of[id] = true
		}
	}
	rows, err := b.pool.Query(ctx, "SELECT id FROM payments WHERE invoice_id = $1 AND created_at > $2", about.InvoiceID, about.OpenedAt)
	require.NoError(t, err)
	later, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	for _, id := range later {
		require.True(t, noted["payment_recorded"][id], "a payment since the case was opened")
		require.Equal(t, b.reversed[id], noted["payment_reversed"][id], "its reversal")
	}
}

// requireEachMonthIsBilledOnce checks that no contract pays a month twice, and that each pays at
// least so many times for every month that there was a run for.
func (b *books) requireEachMonthIsBilledOnce(t *rapid.T, least int) {
	type line struct {
		Contract uuid.UUID
		Month    calendar.Date
		Amount   money.Amount
		Lines    int
	}
	rows, err := b.pool.Query(ctx, `SELECT l.contract_id AS contract, lower(l.billed_days) AS month, max(l.line_total) AS amount, count(*) AS lines
		FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE i.status <> 'void' GROUP BY 1, 2`)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[line])
	require.NoError(t, err)
	for _, billed := range lines {
		require.Equal(t, 1, billed.Lines, "contract %s is billed for %s", billed.Contract, billed.Month)
		require.Equal(t, b.fees[billed.Contract], billed.Amount)
		require.True(t, b.months[billed.Month])
	}
	require.GreaterOrEqual(t, len(lines), least*len(b.months)*len(b.fees))
}
