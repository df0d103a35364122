package billing_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestAnySequenceOfRunsBillsAsTheModelSays(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t, pool)
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"run", "run", "two runs at once", "held run", "retry", "change", "void"}).Draw(t, "step") {
			case "run":
				w.bill(t, anyTerms(t))
			case "two runs at once":
				w.bill(t, anyTerms(t), anyTerms(t))
			case "held run":
				w.billHeld(t)
			case "retry":
				w.retryAsTheModel(t)
			case "change":
				w.change(t)
			case "void":
				w.void(t)
			}
		}
		w.requireInvariants(t)
	})
}

// anyTerms draws terms of shifted, overlapping and repeated periods.
func anyTerms(t *rapid.T) billing.Terms {
	period := anyPeriod(t, "period", 70)
	if rapid.Bool().Draw(t, "whole month") {
		period = calendar.MonthOf(period.Start)
	}
	return billing.Terms{
		Period: period, DueDays: 15,
		TaxRate:   money.Rate(rapid.OneOf(rapid.Just(int64(200_000)), rapid.Int64Range(0, int64(money.MaxRate))).Draw(t, "rate")),
		Proration: rapid.SampledFrom([]billing.Proration{billing.ProrationNone, billing.ProrationDaily, billing.ProrationDaily}).Draw(t, "proration"),
	}
}

// bill runs billing with all the terms at once, and requires of every client what the
// model says of one order of the runs.
func (w *world) bill(t *rapid.T, terms ...billing.Terms) {
	chunkSize := int32(rapid.IntRange(1, 5).Draw(t, "chunk size"))
	issued := rapid.SampledFrom([]calendar.Date{
		calendar.MustParse("2028-02-01"), calendar.MustParse("2028-01-31"), calendar.MustParse("2029-01-01"),
	}).Draw(t, "issue date")
	ids := make([]uuid.UUID, len(terms))
	var group errgroup.Group
	for i := range terms {
		group.Go(func() (err error) {
			ids[i], err = w.run(terms[i], chunkSize, issued)
			return err
		})
	}
	require.NoError(t, group.Wait())
	orders := [][]int{{0}}
	if len(terms) == 2 {
		orders = [][]int{{0, 1}, {1, 0}}
	}
	plans := make([]plan, len(terms))
	for _, client := range w.clients {
		found, charged := w.billsOf(t, client, ids), w.chargedOf(t, client)
		var told []modelBill
		var contracts []*modelContract
		for _, order := range orders {
			told, contracts = make([]modelBill, len(terms)), client.copies()
			for _, i := range order {
				told[i] = billModel(contracts, terms[i])
			}
			if slices.EqualFunc(told, found, modelBill.shows) && slices.EqualFunc(contracts, charged, (*modelContract).isCharged) {
				break
			}
		}
		for i := range terms {
			require.True(t, told[i].shows(found[i]), "run %d: the model says %+v, found %+v", i, told[i], found[i])
			plans[i].add(told[i])
		}
		for i, contract := range contracts {
			require.Equal(t, charged[i], contract.charged, "charged days of contract %d", i)
			*client.contracts[i] = *contract
		}
	}
	for _, run := range w.runs(t) {
		if i := slices.Index(ids, run.ID); i >= 0 {
			require.Equal(t, plans[i].clients, run.ClientCount)
			require.Equal(t, plans[i].counts, [3]int32{run.InvoiceCount, run.SkippedCount, run.FailedCount})
			require.Equal(t, plans[i].sums, [2]int64{int64(run.SubtotalAmount), int64(run.TaxAmount)})
			if len(terms) == 1 {
				require.Equal(t, plans[i].counts[0]+plans[i].counts[2], run.EstimatedInvoiceCount)
				require.Equal(t, plans[i].expectedTotal(terms[i]), int64(run.EstimatedTotalAmount), "the expectation is exact but for rounded tax")
			}
		}
	}
}

// billHeld runs billing while contracts change between the plan and the chunks. Contracts count as they are when they
// are billed; a client who is in no chunk of the plan is left to the next run.
func (w *world) billHeld(t *rapid.T) {
	terms := anyTerms(t)
	chunkSize := int32(rapid.IntRange(1, 5).Draw(t, "chunk size"))
	id, err := w.runHeld(terms, chunkSize, calendar.MustParse("2028-01-31"), func() {
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			if rapid.Bool().Draw(t, "activate") {
				w.activate(t)
			} else {
				w.change(t)
			}
		}
	})
	require.NoError(t, err)
	for _, client := range w.clients {
		found, contracts := w.billsOf(t, client, []uuid.UUID{id})[0], client.copies()
		told := billModel(contracts, terms)
		if found.outcome == "" {
			continue
		}
		require.True(t, told.shows(found), "held run: the model says %+v, found %+v", told, found)
		for i, contract := range contracts {
			*client.contracts[i] = *contract
		}
	}
}

// plan adds up what the model says of a run.
type plan struct {
	clients  int32
	counts   [3]int32 // billed, skipped, parked
	sums     [2]int64 // subtotal and tax of the billed
	expected int64    // subtotals of the billed and the parked
}

func (p *plan) add(bill modelBill) {
	if bill.outcome == "" {
		return
	}
	p.clients++
	p.counts[slices.Index([]string{"billed", "skipped", "parked"}, bill.outcome)]++
	p.expected += bill.subtotal
	if bill.outcome == "billed" {
		p.sums[0], p.sums[1] = p.sums[0]+bill.subtotal, p.sums[1]+bill.tax
	}
}

func (p *plan) expectedTotal(terms billing.Terms) int64 {
	exact := new(big.Int).Mul(big.NewInt(p.expected), big.NewInt(1_000_000+int64(terms.TaxRate)))
	return exact.Div(exact, big.NewInt(1_000_000)).Int64()
}

// shows reports whether that is what can be seen of it in the database.
func (b modelBill) shows(found modelBill) bool {
	if b.outcome == "billed" {
		return b == found
	}
	return b.outcome == found.outcome || b.outcome == "skipped" && found.outcome == ""
}

func (c *modelContract) isCharged(days map[calendar.Date]bool) bool {
	if len(c.charged) != len(days) {
		return false
	}
	for day := range days {
		if !c.charged[day] {
			return false
		}
	}
	return true
}

// billsOf reads what runs did for a client: billed, parked or nothing.
func (w *world) billsOf(t *rapid.T, client worldClient, runs []uuid.UUID) []modelBill {
	bills := make([]modelBill, len(runs))
	for i, run := range runs {
		require.NoError(t, w.pool.QueryRow(ctx, `
			SELECT CASE WHEN i.id IS NOT NULL THEN 'billed' WHEN f.client_id IS NOT NULL THEN 'parked' ELSE '' END,
			       coalesce(i.subtotal_amount, 0), coalesce(i.tax_amount, 0)
			FROM (SELECT) one
			LEFT JOIN invoices i ON i.billing_run_id = $1 AND i.client_id = $2
			LEFT JOIN billing_run_failures f ON f.billing_run_id = $1 AND f.client_id = $2 AND f.resolved_at IS NULL`, run, client.id).
			Scan(&bills[i].outcome, &bills[i].subtotal, &bills[i].tax))
	}
	return bills
}

// chargedOf reads the days that were charged of each contract of a client.
func (w *world) chargedOf(t *rapid.T, client worldClient) []map[calendar.Date]bool {
	charged := make([]map[calendar.Date]bool, len(client.ids))
	for i, id := range client.ids {
		charged[i] = map[calendar.Date]bool{}
		rows, err := w.pool.Query(ctx, `
			SELECT day::date FROM invoice_lines l, generate_series(lower(l.billed_days)::timestamp, upper(l.billed_days) - interval '1 day', '1 day') day
			WHERE l.contract_id = $1 AND NOT l.released`, id)
		require.NoError(t, err)
		days, err := pgx.CollectRows(rows, pgx.RowTo[calendar.Date])
		require.NoError(t, err)
		for _, day := range days {
			require.False(t, charged[i][day], "%s is charged twice", day)
			charged[i][day] = true
		}
	}
	return charged
}

// retryAsTheModel retries the parked clients: those are billed that an invoice can hold
// by now, since other runs billed a part or a contract ended.
func (w *world) retryAsTheModel(t *rapid.T) {
	parked := map[uuid.UUID][]bool{}
	for _, run := range w.runs(t) {
		for _, client := range w.clients {
			parked[run.ID] = append(parked[run.ID], w.billsOf(t, client, []uuid.UUID{run.ID})[0].outcome == "parked")
		}
	}
	terms := map[uuid.UUID]billing.Terms{}
	for _, run := range w.runs(t) {
		terms[run.ID] = billing.NewTerms(run)
	}
	for _, id := range w.retry(t) {
		for i, client := range w.clients {
			if parked[id][i] {
				told, found := billModel(client.contracts, terms[id]), w.billsOf(t, client, []uuid.UUID{id})[0]
				require.True(t, told.shows(found), "retry: the model says %+v, found %+v", told, found)
			}
		}
	}
}

// change ends or suspends a contract.
func (w *world) change(t *rapid.T) {
	client := rapid.SampledFrom(w.clients).Draw(t, "client")
	if len(client.contracts) == 0 {
		return
	}
	i := rapid.IntRange(0, len(client.contracts)-1).Draw(t, "contract")
	contract := client.contracts[i]
	contract.end = contract.start.AddDays(rapid.IntRange(0, 100).Draw(t, "length"))
	suspend := contract.active && rapid.Bool().Draw(t, "suspend")
	contract.active = contract.active && !suspend
	_, err := w.pool.Exec(ctx, "UPDATE contracts SET end_date = $2, status = CASE WHEN $3 THEN 'suspended' ELSE status END WHERE id = $1",
		client.ids[i], contract.end, suspend)
	require.NoError(t, err)
}

// activate has a draft or a suspended contract active.
func (w *world) activate(t *rapid.T) {
	client := rapid.SampledFrom(w.clients).Draw(t, "client")
	if len(client.contracts) == 0 {
		return
	}
	i := rapid.IntRange(0, len(client.contracts)-1).Draw(t, "contract")
	changed, err := w.pool.Exec(ctx, "UPDATE contracts SET status = 'active' WHERE id = $1 AND status IN ('draft', 'suspended')", client.ids[i])
	require.NoError(t, err)
	client.contracts[i].active = client.contracts[i].active || changed.RowsAffected() == 1
}

// void voids an invoice: the days that it charged are free again, for a run by the day or by the month.
func (w *world) void(t *rapid.T) {
	rows, err := w.pool.Query(ctx, "SELECT id FROM invoices WHERE status <> 'void' ORDER BY number")
	require.NoError(t, err)
	invoices, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	if len(invoices) == 0 {
		return
	}
	invoice := rapid.SampledFrom(invoices).Draw(t, "invoice")
	_, err = w.pool.Exec(ctx, "UPDATE invoices SET status = 'void', voided_at = issued_at, voided_by = 'op-1', void_reason = 'Test' WHERE id = $1", invoice)
	require.NoError(t, err)
	type charge struct {
		Contract   uuid.UUID
		First, End calendar.Date
	}
	rows, err = w.pool.Query(ctx, `SELECT contract_id AS contract, lower(billed_days) AS first, upper(billed_days) AS "end" FROM invoice_lines
		WHERE invoice_id = $1 AND billed_days IS NOT NULL`, invoice)
	require.NoError(t, err)
	charges, err := pgx.CollectRows(rows, pgx.RowToStructByName[charge])
	require.NoError(t, err)
	for _, freed := range charges {
		for _, client := range w.clients {
			if i := slices.Index(client.ids, freed.Contract); i >= 0 {
				for day := freed.First; day.Before(freed.End); day = day.AddDays(1) {
					delete(client.contracts[i].charged, day)
				}
			}
		}
	}
	again := anyTerms(t)
	require.NoError(t, w.pool.QueryRow(ctx, "SELECT period_start, period_end FROM invoices WHERE id = $1", invoice).
		Scan(&again.Period.Start, &again.Period.End))
	w.bill(t, again)
}

// requireInvariants checks what holds of all runs together, whatever the model says.
func (w *world) requireInvariants(t *rapid.T) {
	for about, query := range map[string]string{
		"an invoice is the sum of its lines": `SELECT count(*) FROM invoices i
			WHERE subtotal_amount IS DISTINCT FROM (SELECT sum(line_total) FROM invoice_lines l WHERE l.invoice_id = i.id)
			   OR total_amount <> subtotal_amount + tax_amount OR total_amount = 0`,
		"a run is the sum of its invoices": `SELECT count(*) FROM billing_runs r
			WHERE (invoice_count, subtotal_amount::bigint, tax_amount::bigint, total_amount::bigint) IS DISTINCT FROM
			      (SELECT (count(*)::integer, coalesce(sum(subtotal_amount), 0)::bigint, coalesce(sum(tax_amount), 0)::bigint, coalesce(sum(total_amount), 0)::bigint)
			       FROM invoices i WHERE i.billing_run_id = r.id)
			   OR client_count <> invoice_count + skipped_count + failed_count
			   OR status <> CASE WHEN failed_count > 0 THEN 'completed_with_failures' ELSE 'completed' END`,
		"a line by the day is within its contract and its period": `SELECT count(*) FROM invoice_lines l
			JOIN invoices i ON i.id = l.invoice_id JOIN billing_runs r ON r.id = i.billing_run_id JOIN contracts c ON c.id = l.contract_id
			WHERE r.proration = 'daily' AND (lower(l.billed_days) < c.start_date OR NOT l.billed_days <@ daterange(r.period_start, r.period_end, '[]'))`,
		"a line without proration has the whole period": `SELECT count(*) FROM invoice_lines l
			JOIN invoices i ON i.id = l.invoice_id JOIN billing_runs r ON r.id = i.billing_run_id
			WHERE r.proration = 'none' AND l.billed_days <> daterange(r.period_start, r.period_end, '[]')`,
		"activation is charged once": `SELECT count(*) FROM (
			SELECT FROM invoice_lines WHERE line_type = 'activation' AND NOT released GROUP BY contract_id HAVING count(*) > 1) twice`,
		"dates of issue follow the numbers": `SELECT count(*) FROM (
			SELECT issue_date, lag(issue_date) OVER (PARTITION BY number_year ORDER BY number_sequence) AS before FROM invoices) given
			WHERE issue_date < before`,
		"numbers have no gaps": `SELECT count(*) FROM (
			SELECT number_sequence, row_number() OVER (PARTITION BY number_year ORDER BY number_sequence) AS place FROM invoices) given
			WHERE number_sequence <> place`,
		"the sequence stands at the last number": `SELECT count(*) FROM invoice_number_sequences s
			WHERE last_number <> (SELECT count(*) FROM invoices WHERE number_year = s.year)`,
	} {
		var broken int
		require.NoError(t, w.pool.QueryRow(ctx, query).Scan(&broken), about)
		require.Zero(t, broken, about)
	}
}
