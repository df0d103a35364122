package collections_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var ctx = context.Background()

// modelled is an invoice with its case, as the rules of the contract say it must be.
type modelled struct {
	id                 uuid.UUID
	client             int
	due                calendar.Date
	total, paid        money.Amount
	status, caseStatus string
	days               int
	actions            []string
}

// settle applies the rules on a day: what an invoice is, and what its case has to be for that.
func (m *modelled) settle(today calendar.Date) {
	switch {
	case m.status == "void":
	case m.paid == m.total:
		m.status = "paid"
	case today.After(m.due):
		m.status = "overdue"
	default:
		m.status = "issued"
	}
	worked := m.caseStatus == "open" || m.caseStatus == "in_progress"
	switch {
	case m.status == "overdue" && m.caseStatus == "":
		m.caseStatus, m.actions = "open", append(m.actions, "case_opened")
	case m.status == "overdue" && !worked:
		m.caseStatus, m.actions = "open", append(m.actions, "case_reopened")
	case m.status != "overdue" && worked:
		m.caseStatus = map[bool]string{true: "resolved", false: "closed"}[m.status == "paid"]
		m.actions = append(m.actions, "case_"+m.caseStatus)
		m.days = today.DaysSince(m.due)
	}
	if m.status == "overdue" {
		m.days = today.DaysSince(m.due)
	}
}

// pay notes the payment, or its reversal when the amount is negative, on a case that is there, or on
// the one that it brings about.
func (m *modelled) pay(amount money.Amount, today calendar.Date) {
	had, noted := m.caseStatus != "", "payment_recorded"
	if amount < 0 {
		noted = "payment_reversed"
	}
	m.paid += amount
	if had {
		m.actions = append(m.actions, noted)
	}
	m.settle(today)
	if !had && m.caseStatus != "" {
		m.actions = append(m.actions, noted)
	}
}

func (m *modelled) outstanding() money.Amount {
	if m.status == "void" {
		return 0
	}
	return m.total - m.paid
}

// put is an operator's change of status.
func (m *modelled) put(status string, today calendar.Date) {
	worked := status == "open" || status == "in_progress"
	if !worked && (m.caseStatus == "open" || m.caseStatus == "in_progress") {
		m.days = today.DaysSince(m.due)
	}
	m.caseStatus, m.actions = status, append(m.actions, "status_updated")
}

func bucketOf(days int) string {
	return []string{"current", "1_30", "31_60", "61_90", "90_plus"}[min(max(days+29, 0)/30, 4)]
}

func record(pool *pgxpool.Pool, invoice uuid.UUID, amount money.Amount, today calendar.Date, now time.Time) error {
	_, _, err := newService(pool).RecordPayment(ctx, collections.RecordPayment{
		Key: newKey(), InvoiceID: invoice, Amount: amount, PaymentDate: today, Method: "cash",
	}, operate(today, now))
	return err
}

func caseOf(t fataler, pool *pgxpool.Pool, invoice uuid.UUID) *dbsqlc.CollectionCase {
	t.Helper()
	rows, err := pool.Query(ctx, "SELECT * FROM collection_cases WHERE invoice_id = $1", invoice)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[dbsqlc.CollectionCase])
	require.NoError(t, err)
	if len(found) == 0 {
		return nil
	}
	require.Len(t, found, 1, "one case for an invoice")
	return &found[0]
}

func TestAnySequenceEndsAsTheRulesSay(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	rapid.Check(t, func(t *rapid.T) {
		today := calendar.MustParse("2026-03-01")
		now := noon(today)
		clients := []uuid.UUID{newClient(t, pool), newClient(t, pool)}
		var invoices []*modelled

		pick := func(suits func(*modelled) bool) *modelled {
			var fitting []*modelled
			for _, invoice := range invoices {
				if suits(invoice) {
					fitting = append(fitting, invoice)
				}
			}
			if len(fitting) == 0 {
				t.Skip("no invoice is fit for it")
			}
			return rapid.SampledFrom(fitting).Draw(t, "invoice")
		}
		amountFor := func(m *modelled) money.Amount {
			return money.Amount(rapid.Int64Range(1, int64(m.total-m.paid)).Draw(t, "amount"))
		}
		sync := func(times int, beside ...func() error) {
			var group errgroup.Group
			for range times {
				group.Go(func() error { return collections.Sync(ctx, pool, today, now) })
			}
			for _, other := range beside {
				group.Go(other)
			}
			require.NoError(t, group.Wait())
			require.NoError(t, collections.Sync(ctx, pool, today, now))
			for _, invoice := range invoices {
				invoice.settle(today)
			}
		}
		owes := func(m *modelled) bool { return m.outstanding() > 0 }

		t.Repeat(map[string]func(*rapid.T){
			"issue": func(t *rapid.T) {
				m := &modelled{
					client: rapid.IntRange(0, 1).Draw(t, "client"), status: "issued",
					due:   today.AddDays(rapid.IntRange(-40, 40).Draw(t, "due in")),
					total: money.Amount(rapid.Int64Range(1, 50_000).Draw(t, "total")),
				}
				m.id = issue(t, pool, clients[m.client], m.due, m.total)
				invoices = append(invoices, m)
			},
			"pay": func(*rapid.T) {
				m := pick(owes)
				amount := amountFor(m)
				require.NoError(t, record(pool, m.id, amount, today, now))
				m.pay(amount, today)
			},
			"reverse": func(*rapid.T) {
				m := pick(func(m *modelled) bool { return m.paid > 0 })
				var payment uuid.UUID
				var amount money.Amount
				require.NoError(t, pool.QueryRow(ctx, `SELECT id, amount FROM payments WHERE invoice_id = $1 AND status = 'posted'
					ORDER BY id LIMIT 1`, m.id).Scan(&payment, &amount))
				_, _, err := newService(pool).ReversePayment(ctx, collections.ReversePayment{Key: newKey(), PaymentID: payment, Reason: "Bounced"},
					operate(today, now))
				require.NoError(t, err)
				m.pay(-amount, today)
			},
			"void": func(*rapid.T) {
				m := pick(func(m *modelled) bool { return m.paid == 0 && m.status != "void" })
				_, _, err := newService(pool).VoidInvoice(ctx, collections.VoidInvoice{Key: newKey(), InvoiceID: m.id, Reason: "Wrong tariff"},
					operate(today, now))
				require.NoError(t, err)
				m.status = "void"
				m.settle(today)
			},
			"put": func(*rapid.T) {
				m := pick(func(m *modelled) bool { return m.caseStatus != "" })
				status := rapid.SampledFrom([]string{"open", "in_progress", "resolved", "closed"}).Draw(t, "status")
				command := collections.ChangeCaseStatus{CaseID: caseOf(t, pool, m.id).ID, Status: collections.CaseStatus(status)}
				_, err := newService(pool).ChangeCaseStatus(ctx, command, operate(today, now))
				require.NoError(t, err)
				m.put(status, today)
			},
			"pass": func(*rapid.T) {
				today = today.AddDays(rapid.IntRange(1, 20).Draw(t, "days"))
				now = noon(today)
			},
			"sync":          func(*rapid.T) { sync(1) },
			"sync together": func(*rapid.T) { sync(3) },
			"sync beside a payment": func(*rapid.T) {
				// Part of it only: who settles an invoice before the sync saw it gets no case at all.
				m := pick(func(m *modelled) bool { return m.outstanding() > 1 && m.settled(today) })
				amount := money.Amount(rapid.Int64Range(1, int64(m.total-m.paid)-1).Draw(t, "part"))
				sync(2, func() error { return record(pool, m.id, amount, today, now) })
				m.pay(amount, today)
			},
			"": func(t *rapid.T) { now = now.Add(time.Second) },
		})

		sync(1)
		delinquent := map[int]bool{}
		for i, m := range invoices {
			delinquent[m.client] = delinquent[m.client] || m.status == "overdue"
			requireInvoice(t, pool, m, today, fmt.Sprintf("invoice %d, due %s, %s of %s paid, on %s", i, m.due, m.paid, m.total, today))
		}
		for i, client := range clients {
			var is bool
			require.NoError(t, pool.QueryRow(ctx, "SELECT delinquent_since IS NOT NULL FROM clients WHERE id = $1", client).Scan(&is))
			require.Equal(t, delinquent[i], is, "delinquency of client %d", i)
		}
		due, err := collections.SyncDue(ctx, pool, today)
		require.NoError(t, err)
		require.False(t, due, "after a sync nothing is due")
		requireTotals(t, pool)
	})
}

// settled reports whether a payment beside a sync finds the same as before it: the order
// of the two does not show then.
func (m *modelled) settled(today calendar.Date) bool {
	after := *m
	after.actions = nil
	after.settle(today)
	return after.actions == nil || m.caseStatus == ""
}

func requireInvoice(t fataler, pool *pgxpool.Pool, want *modelled, today calendar.Date, about string) {
	t.Helper()
	var status string
	require.NoError(t, pool.QueryRow(ctx, "SELECT status FROM invoices WHERE id = $1", want.id).Scan(&status))
	require.Equal(t, want.status, status, about)
	found := caseOf(t, pool, want.id)
	if want.caseStatus == "" {
		require.Nil(t, found, about)
		return
	}
	require.NotNil(t, found, about)
	days, bucket := collections.Age(*found, today)
	require.EqualValues(t, want.caseStatus, found.Status, about)
	require.Equal(t, want.outstanding(), found.OutstandingAmount, about)
	require.Equal(t, []any{want.days, bucketOf(want.days)}, []any{days, bucket}, about)
	rows, err := pool.Query(ctx, "SELECT action_type FROM collection_case_actions WHERE case_id = $1 ORDER BY created_at, id", found.ID)
	require.NoError(t, err)
	actions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, want.actions, actions, about)
}
