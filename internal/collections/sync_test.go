package collections_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var (
	firstDay = calendar.MustParse("2026-03-01")
	lastWeek = firstDay.AddDays(-7)
)

func scalar(t *testing.T, pool *pgxpool.Pool, query string, args ...any) int {
	t.Helper()
	var found int
	require.NoError(t, pool.QueryRow(ctx, query, args...).Scan(&found), query)
	return found
}

// issueToEach issues an overdue invoice of 100.00 to so many new clients.
func issueToEach(t *testing.T, pool *pgxpool.Pool, clients int) []uuid.UUID {
	t.Helper()
	rows := make([]uuid.UUID, clients)
	ids := make([]uuid.UUID, clients)
	for i := range rows {
		rows[i], ids[i] = db.NewID(), db.NewID()
	}
	execute(t, pool, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		SELECT id, 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z' FROM unnest($1::uuid[]) AS c (id)`, rows)
	issueMany(t, pool, ids, rows, lastWeek, 10_000)
	return ids
}

func TestASyncThatEndsBetweenBatchesIsContinuedByTheNext(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	const invoices = 5000
	issueToEach(t, pool, invoices)
	synced, err := collections.SyncBatch(ctx, pool, firstDay, noon(firstDay))
	require.NoError(t, err)
	moved := synced.Overdue
	require.Positive(t, moved)
	require.Less(t, moved, invoices, "a batch is bounded")
	require.Equal(t, collections.Synced{Overdue: moved, Opened: moved, Delinquent: moved}, synced)
	for _, of := range []string{
		"SELECT count(*) FROM invoices WHERE status = 'overdue'", "SELECT count(*) FROM collection_cases WHERE status = 'open'",
		"SELECT count(*) FROM collection_case_actions WHERE action_type = 'case_opened'", "SELECT count(*) FROM clients WHERE delinquent_since IS NOT NULL",
	} {
		require.Equal(t, moved, scalar(t, pool, of), "a batch is whole: %s", of)
	}
	require.NoError(t, collections.Sync(ctx, pool, firstDay, noon(firstDay)))
	require.Equal(t, invoices, scalar(t, pool, "SELECT count(*) FROM collection_cases WHERE status = 'open'"))
	require.Equal(t, invoices, scalar(t, pool, "SELECT count(*) FROM collection_case_actions"))
	requireTotals(t, pool)
}

func TestSyncsAndPaymentsAtOnceLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	const callers, stride = 16, 10
	ids := issueToEach(t, pool, 6000)
	partly, fully := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for i := 0; i < len(ids); i += stride {
		// Spread over all batches.
		partly[ids[i]], fully[ids[i+stride/2]] = true, true
	}
	var group errgroup.Group
	var next atomic.Int64
	for range 3 {
		group.Go(func() error { return collections.Sync(ctx, pool, firstDay, noon(firstDay)) })
	}
	for range callers {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					return nil
				}
				amount := money.Amount(2_500)
				switch {
				case fully[ids[i]]:
					amount = 10_000
				case !partly[ids[i]]:
					continue
				}
				if err := record(pool, ids[i], amount, firstDay, noon(firstDay).Add(time.Duration(i)*time.Millisecond)); err != nil {
					return err
				}
			}
		})
	}
	require.NoError(t, group.Wait())

	rows, err := pool.Query(ctx, `SELECT i.id, i.status, coalesce(c.status, ''), coalesce(c.outstanding_amount, 0)::bigint, o.delinquent_since IS NOT NULL,
			array(SELECT a.action_type FROM collection_case_actions a WHERE a.case_id = c.id ORDER BY a.created_at, a.id)
		FROM invoices i JOIN clients o ON o.id = i.client_id LEFT JOIN collection_cases c ON c.invoice_id = i.id`)
	require.NoError(t, err)
	type state struct {
		invoice, about string
		owed           int64
		delinquent     bool
		actions        string
	}
	var id uuid.UUID
	var found state
	var actions []string
	owed, seen := 0, 0
	_, err = pgx.ForEachRow(rows, []any{&id, &found.invoice, &found.about, &found.owed, &found.delinquent, &actions}, func() error {
		found.actions = strings.Join(actions, " ")
		want := []state{{"overdue", "open", 10_000, true, "case_opened"}}
		switch {
		case partly[id]:
			want = []state{{"overdue", "open", 7_500, true, "case_opened payment_recorded"}}
		case fully[id]:
			// Settled before a sync saw it, or after.
			want = []state{{"paid", "", 0, false, ""}, {"paid", "resolved", 0, false, "case_opened payment_recorded case_resolved"}}
		}
		require.Contains(t, want, found, "invoice %s", id)
		owed += int(found.owed)
		seen++
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, len(ids), seen)
	require.Equal(t, owed, scalar(t, pool, "SELECT sum(outstanding_amount)::bigint FROM collection_case_totals"))
	requireTotals(t, pool)
}

func TestADayThatIsOverChangesNothingBack(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	invoice := issueToEach(t, pool, 1)[0]
	require.NoError(t, collections.Sync(ctx, pool, firstDay, noon(firstDay)))
	before := caseOf(t, pool, invoice)
	for _, day := range []calendar.Date{lastWeek.AddDays(1), lastWeek, lastWeek.AddDays(-100), firstDay} {
		due, err := collections.SyncDue(ctx, pool, day)
		require.NoError(t, err)
		require.False(t, due, "on %s", day)
		require.NoError(t, collections.Sync(ctx, pool, day, noon(day)))
		require.Equal(t, before, caseOf(t, pool, invoice), "on %s", day)
	}
}

func TestTheDueDatesOfABucketAreThoseThatAgeIntoIt(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{"current", "1_30", "31_60", "61_90", "90_plus"} {
		first, last := collections.DueDates(bucket, firstDay)
		for days := -400; days <= 400; days++ {
			due := firstDay.AddDays(-days)
			require.Equal(t, collections.AgingBucket(days) == bucket, !due.Before(first) && !due.After(last), "%s, %d days past due", bucket, days)
		}
	}
	first, last := collections.DueDates("none", firstDay)
	require.True(t, last.Before(first))
}

// Who reads the clock before midnight and the invoice after it, or has a clock that is behind.
func TestARequestOfTheDayBeforeLeavesOverdueWhatIs(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	yesterday := firstDay.AddDays(-1)
	client, now := newClient(t, pool), noon(firstDay)
	m := &modelled{id: issue(t, pool, client, yesterday, 10_000), due: yesterday, total: 10_000, status: "overdue", caseStatus: "open", days: 1}
	require.NoError(t, collections.Sync(ctx, pool, firstDay, now))
	step := func(about string, paid money.Amount, status, caseStatus string, actions ...string) {
		t.Helper()
		m.paid, m.status, m.caseStatus = paid, status, caseStatus
		m.actions = append(m.actions, actions...)
		requireInvoice(t, pool, m, firstDay, about)
		delinquent := map[bool]int{true: 1}[status == "overdue"]
		require.Equal(t, delinquent, scalar(t, pool, "SELECT count(*) FROM clients WHERE delinquent_since IS NOT NULL"), about)
		now = now.Add(time.Second)
	}
	step("synced", 0, "overdue", "open", "case_opened")
	require.NoError(t, record(pool, m.id, 4_000, yesterday, now))
	step("paid in part", 4_000, "overdue", "open", "payment_recorded")
	require.NoError(t, record(pool, m.id, 6_000, yesterday, now))
	// The case stops at the days of the request.
	m.days = 0
	step("settled", 10_000, "paid", "resolved", "payment_recorded", "case_resolved")
	var last uuid.UUID
	require.NoError(t, pool.QueryRow(ctx, "SELECT id FROM payments WHERE amount = 6000").Scan(&last))
	_, _, err := newService(pool).ReversePayment(ctx, collections.ReversePayment{Key: newKey(), PaymentID: last, Reason: "Bounced"},
		operate(yesterday, now))
	require.NoError(t, err)
	m.days = 1
	step("reversed", 4_000, "overdue", "open", "payment_reversed", "case_reopened")
}
