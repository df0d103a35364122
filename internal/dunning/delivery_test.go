package dunning_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/dunning"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
)

func TestAMessageToAClientWhoHasPaidIsNotSent(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	for name, after := range map[string]func(client uuid.UUID){
		"paid": func(uuid.UUID) {},
		"paid, and delinquent again": func(client uuid.UUID) {
			w.Invoice(client, "2026-06-08")
			w.Sync(june(9, 1))
		},
		"paid, and somebody has looked": func(client uuid.UUID) { require.True(t, look(w, hours, client, june(9, 1)).Over) },
	} {
		client := w.Client("amina@example.ma")
		invoice := w.Invoice(client, "2026-06-01")
		w.Sync(june(2, 1))
		require.True(t, take(w, hours, client, "reminder", june(8, 9)))
		id := *look(w, hours, client, june(8, 9)).Deliver
		w.Pay(invoice, 10_000, june(8, 10))
		after(client)
		var outbox dunningtest.Outbox
		status, err := dunning.Deliver(t.Context(), w.Pool, &outbox, dunningtest.Seller, id, func() time.Time { return june(9, 9) })
		require.NoError(t, err, name)
		require.Equal(t, dunning.NotificationSkipped, status, name)
		require.Empty(t, outbox.Sent(), name)
		require.Equal(t, 1, w.Count(`SELECT count(*) FROM notifications WHERE id = $1 AND status = 'skipped' AND reason = 'episode_ended'
			AND attempts = 0 AND next_attempt_at IS NULL`, id), name)
	}
}
