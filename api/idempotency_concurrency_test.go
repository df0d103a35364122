package api_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const concurrentCallers = 16

func TestIdempotency_ConcurrentEqualRequests(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, operation := range keyedOperations(t, s) {
		t.Run(operation.name, func(t *testing.T) {
			key, before, originals := newKey(), rowCounts(t, s), 0
			answers := concurrently(t, concurrentCallers, func(int) (system.Response, error) {
				return s.TryCall(http.MethodPost, operation.path, operation.body, key)
			})
			want, _ := withoutReplayMark(t, answers[0])
			for i, answer := range answers {
				got, replayed := withoutReplayMark(t, answer)
				require.Equal(t, want, got, "answer %d", i)
				if !replayed {
					originals++
				}
			}
			require.Equal(t, 1, originals, "answers that say that they are the original")
			require.Equal(t, before["idempotency_keys"]+1, rowCounts(t, s)["idempotency_keys"])
		})
	}
}

func TestLandingSubmit_ConcurrentUnderOneKey(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	body, key := newMobile(newOffer(t, s, mobileOffer())), newKey()
	for _, answer := range concurrently(t, concurrentCallers, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, submitNewPath, body, key, system.Anonymous)
	}) {
		pdf(t, s, text(t, decoded(t, answer, http.StatusOK), "document_download_url"))
	}
	written := rowCounts(t, s)
	for _, table := range []string{"clients", "subscribers", "contracts", "documents", "idempotency_keys"} {
		require.Equal(t, 1, written[table], table)
	}
}

func TestIdempotency_ConcurrentDifferentRequests(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, operation := range keyedOperations(t, s) {
		t.Run(operation.name, func(t *testing.T) {
			key, before := newKey(), rowCounts(t, s)
			bodies := []object{operation.body, operation.other}
			accepted := map[int]bool{}
			for i, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
				return s.TryCall(http.MethodPost, operation.path, bodies[i%2], key)
			}) {
				if answer.Status == http.StatusOK {
					accepted[i%2] = true
					continue
				}
				answer.Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
			}
			require.Len(t, accepted, 1, "one of the two requests has the key")
			require.Equal(t, before["idempotency_keys"]+1, rowCounts(t, s)["idempotency_keys"])
		})
	}
}

func TestPayment_ConcurrentUnderOneKey(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, november)
	body := object{"invoice_id": invoice["id"], "amount": invoice["total_amount"], "payment_date": "2026-11-20"}
	// All requests have seen that their key is free before the first one pays.
	release, key := lockTable(t, s, "invoices", "ACCESS EXCLUSIVE"), newKey()
	answers := concurrently(t, concurrentCallers+1, func(i int) (system.Response, error) {
		if i == concurrentCallers {
			return system.Response{}, releaseOnceWaiting(s, concurrentCallers, release)
		}
		return s.TryCall(http.MethodPost, paymentsPath, body, key)
	})[:concurrentCallers]
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM payments"))
	want, _ := withoutReplayMark(t, answers[0])
	originals := 0
	for i, answer := range answers {
		got, replayed := withoutReplayMark(t, answer)
		require.Equal(t, want, got, "answer %d", i)
		if !replayed {
			originals++
		}
	}
	require.Equal(t, 1, originals)
}

// releaseOnceWaiting releases a lock as soon as the given number of requests wait for it.
func releaseOnceWaiting(s *system.System, requests int, release func()) error {
	defer release()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for {
		var waiting int
		err := s.Pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil || waiting >= requests {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d requests are waiting: %w", waiting, requests, ctx.Err())
		}
	}
}

func TestPayment_ConcurrentPaymentsEndDelinquency(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client := text(t, newInvoice(t, s, september), "client_id")
	bill(t, s, object{"period_start": "2026-08-10", "period_end": "2026-08-31", "tax_rate": 0.2})
	invoices := clientInvoices(t, s, client)
	require.Len(t, invoices, 2)
	for _, invoice := range invoices {
		pay(t, s, invoice, 1)
	}
	require.Equal(t, true, clientOf(t, s, invoices[0])["is_delinquent"])

	// Neither payment is committed when the other one looks for overdue invoices.
	release, keys := lockTable(t, s, "idempotency_keys", "SHARE"), []system.Header{newKey(), newKey()}
	for _, answer := range concurrently(t, 3, func(i int) (system.Response, error) {
		if i == 2 {
			return system.Response{}, releaseOnceWaiting(s, 2, release)
		}
		body := object{"invoice_id": invoices[i]["id"], "amount": "237.80", "payment_date": "2026-11-20"}
		return s.TryCall(http.MethodPost, paymentsPath, body, keys[i])
	})[:2] {
		require.Equal(t, "paid", decoded(t, answer, http.StatusOK)["invoice_status"])
	}
	require.Subset(t, clientOf(t, s, invoices[0]), object{"is_delinquent": false, "delinquent_since": nil}, "no invoice is overdue any more")
}

func TestPayment_ConcurrentFullPaymentsPayOnce(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice, accepted := newInvoice(t, s, november), 0
	body := object{"invoice_id": invoice["id"], "amount": invoice["total_amount"], "payment_date": "2026-11-20"}
	keys := make([]system.Header, concurrentCallers)
	for i := range keys {
		keys[i] = newKey()
	}
	for _, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, paymentsPath, body, keys[i])
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		answer.Refused(t, http.StatusConflict, "invoice_already_paid")
	}
	require.Equal(t, 1, accepted)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM payments"))
}

func TestPayment_ConcurrentPartialPaymentsStayWithinInvoice(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, november) // 238.80 in all.
	keys := make([]system.Header, concurrentCallers)
	for i := range keys {
		keys[i] = newKey()
	}
	accepted := 0
	for _, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, paymentsPath,
			object{"invoice_id": invoice["id"], "amount": "30.00", "payment_date": "2026-11-20"}, keys[i])
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		details := answer.Refused(t, http.StatusUnprocessableEntity, "payment_exceeds_outstanding")
		require.Equal(t, object{"outstanding_amount": "28.80", "payment_amount": "30.00"}, details)
	}
	require.Equal(t, 7, accepted)
	require.Equal(t, 21000, count(t, s, "SELECT sum(amount)::integer FROM payments"))
}
