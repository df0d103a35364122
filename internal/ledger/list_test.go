package ledger_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var (
	firstDay = calendar.MustParse("2026-01-01")
	now      = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
)

// days is the number of booking dates: few enough that most pages begin and end within one.
const days = 10

// account is one with many events, and what was accepted of them.
type account struct {
	pool     *pgxpool.Pool
	contract uuid.UUID
	booked   map[uuid.UUID]calendar.Date
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{pool: servers.Database(t), booked: map[uuid.UUID]calendar.Date{}}
	a.do(t, func(tx pgx.Tx) (err error) {
		a.contract, err = ledger.CreateContract(t.Context(), tx, ledger.Profile{Status: new("active"), Currency: ledger.Currency, Details: []byte("{}")}, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
		return err
	})
	return a
}

func (a *account) do(t *testing.T, work func(pgx.Tx) error) {
	t.Helper()
	require.NoError(t, db.InTransaction(t.Context(), a.pool, work))
}

func (a *account) event(day calendar.Date, currency string) ledger.Event {
	return ledger.Event{Type: "meter_rental", Direction: ledger.Debit, Amount: 100, Currency: currency, ContractID: a.contract, BookingDate: day, Details: []byte("{}")}
}

// change enters an event, or changes or deletes one.
func (a *account) change(ctx context.Context, tx pgx.Tx, random *rand.Rand, day calendar.Date) error {
	ids := slices.SortedFunc(maps.Keys(a.booked), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	kind := random.IntN(10)
	if kind < 7 || len(ids) == 0 {
		currency := ledger.Currency
		if kind == 0 {
			currency = "EUR"
		}
		id, err := ledger.CreateEvent(ctx, tx, a.event(day, currency), actor.Act{Actor: "op-1", Today: firstDay, Now: now})
		a.booked[id] = day
		return err
	}
	id := ids[random.IntN(len(ids))]
	if kind == 7 {
		delete(a.booked, id)
		return ledger.DeleteEvent(ctx, tx, id, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
	}
	if kind == 8 {
		day = a.booked[id]
	}
	a.booked[id] = day
	return ledger.ChangeEvent(ctx, tx, id, func(event *ledger.Event) error {
		event.Amount, event.BookingDate = event.Amount+1, day
		return nil
	}, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
}

// listed are the ids of the events of some days in the order of a list.
func (a *account) listed(from, to *calendar.Date) (ids []uuid.UUID) {
	for id, day := range a.booked {
		if (from == nil || !day.Before(*from)) && (to == nil || !day.After(*to)) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(one, other uuid.UUID) int {
		return cmp.Or(a.booked[other].DaysSince(a.booked[one]), slices.Compare(other[:], one[:]))
	})
	return ids
}

func (a *account) requirePage(t *testing.T, filter ledger.Filter) {
	t.Helper()
	want := a.listed(filter.From, filter.To)
	filter.ContractIDs = []uuid.UUID{a.contract}
	entries, hits, err := ledger.List(t.Context(), a.pool, filter)
	require.NoError(t, err)
	require.Equal(t, int64(len(want)), hits)
	want = want[min(len(want), int(filter.Offset)):min(len(want), int(filter.Offset+filter.Limit))]
	require.Len(t, entries, len(want), "from %d of %d", filter.Offset, hits)
	for i, entry := range entries {
		require.Equal(t, want[i], entry.EventID, "place %d of the page from %d of %d", i, filter.Offset, hits)
		require.Equal(t, a.booked[want[i]], entry.BookingDate)
	}
}

// Any page equals the same range of all events in order, after any sequence of creations, changes, and deletions.
func TestLedgerList_PagesMatchSortedEvents(t *testing.T) {
	t.Parallel()
	for seed, orderly := range []bool{true, false} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(seed), 0))
			a := newAccount(t)
			for round := range days {
				a.do(t, func(tx pgx.Tx) error {
					for range 20 + random.IntN(60) {
						day := firstDay.AddDays(round)
						if !orderly {
							day = firstDay.AddDays(random.IntN(days))
						}
						if err := a.change(t.Context(), tx, random, day); err != nil {
							return err
						}
					}
					return nil
				})
				for range 8 {
					filter := ledger.Filter{Limit: 1 + random.Int32N(100), Offset: random.Int32N(int32(len(a.booked)) + 10)}
					if random.IntN(2) == 0 {
						from := firstDay.AddDays(random.IntN(days))
						filter.From = &from
					}
					if random.IntN(2) == 0 {
						to := firstDay.AddDays(random.IntN(days))
						filter.To = &to
					}
					a.requirePage(t, filter)
				}
			}
			a.requirePage(t, ledger.Filter{Limit: 10, To: new(calendar.NewDate(calendar.MaxYear, 12, 31))})
			requireProven(t, a.pool)
		})
	}
}

// A page and the total come from one snapshot: an event that is deleted between the two reads still counts in both.
func TestLedgerList_SnapshotIsolation(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ids := make([]uuid.UUID, 5)
	for day := range ids {
		a.do(t, func(tx pgx.Tx) (err error) {
			ids[day], err = ledger.CreateEvent(t.Context(), tx, a.event(firstDay.AddDays(day), ledger.Currency), actor.Act{Actor: "op-1", Today: firstDay, Now: now})
			return err
		})
	}
	tx, err := a.pool.Begin(t.Context())
	require.NoError(t, err)
	// The page reads the entries, which this lock blocks; the total does not.
	_, err = tx.Exec(t.Context(), "LOCK TABLE ledger_entries")
	require.NoError(t, err)
	var entries []dbsqlc.LedgerEntry
	var hits int64
	read := make(chan error, 1)
	go func() {
		var err error
		entries, hits, err = ledger.List(context.Background(), a.pool, ledger.Filter{ContractIDs: []uuid.UUID{a.contract}, From: new(firstDay.AddDays(2)), Limit: 10})
		read <- err
	}()
	require.Eventually(t, func() bool {
		var waits bool
		err := a.pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'ledger_entries'::regclass AND NOT granted)").Scan(&waits)
		return err == nil && waits
	}, time.Minute, 5*time.Millisecond)
	require.NoError(t, ledger.DeleteEvent(t.Context(), tx, ids[3], actor.Act{Actor: "op-1", Today: firstDay, Now: now}))
	require.NoError(t, tx.Commit(t.Context()))
	require.NoError(t, <-read)
	require.Equal(t, int64(3), hits)
	require.Len(t, entries, 3)
	for i, entry := range entries {
		require.Equal(t, ids[len(ids)-1-i], entry.EventID)
	}
}

// The id of a client selects no contract and the id of a contract no client, whatever the other filters.
func TestLedgerList_DistinguishesContractsFromClients(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	client, contracts := newClient(t, pool, 1)
	create(t, pool, contracts[0], 70)
	kind := "meter_rental"
	for _, filter := range []ledger.Filter{{}, {Type: &kind}, {From: &firstDay}} {
		filter.Limit = 10
		for want, of := range map[int64][]ledger.Filter{
			1: {{ContractIDs: contracts}, {ClientID: &client}, {ContractIDs: contracts, ClientID: &client}, {ContractIDs: []uuid.UUID{client, contracts[0]}}},
			0: {{ContractIDs: []uuid.UUID{client}}, {ClientID: &contracts[0]}, {ContractIDs: []uuid.UUID{client}, ClientID: &client}},
		} {
			for _, one := range of {
				filter.ContractIDs, filter.ClientID = one.ContractIDs, one.ClientID
				entries, hits, err := ledger.List(t.Context(), pool, filter)
				require.NoError(t, err)
				require.Equal(t, []int64{want, want}, []int64{hits, int64(len(entries))}, "%+v", filter)
			}
		}
	}
}
