package telemetry

import (
	"context"
	"errors"

	"github.com/mtfacturation/mtf/internal/notify"
)

// The results of an attempt to send a message.
const (
	notificationSent    = "sent"
	notificationRefused = "refused"
	notificationFailed  = "failed"
)

// countedNotifier counts the attempts of a notifier.
type countedNotifier struct {
	notifier notify.Notifier
	metrics  *Metrics
}

// Notifications returns the notifier with its attempts counted. An attempt is one call, so
// a step that is repeated after its message was noted as sent counts nothing.
func (m *Metrics) Notifications(notifier notify.Notifier) notify.Notifier {
	if m == nil {
		return notifier
	}
	return countedNotifier{notifier, m}
}

// Send implements notify.Notifier.
func (n countedNotifier) Send(ctx context.Context, message notify.Message) error {
	err := n.notifier.Send(ctx, message)
	failure, known := errors.AsType[*notify.Failure](err)
	result := notificationFailed
	switch {
	case err == nil:
		result = notificationSent
	case errors.Is(err, notify.ErrAddress), known && failure.Permanent:
		result = notificationRefused
	}
	n.metrics.notifications.WithLabelValues(result).Inc()
	return err
}
