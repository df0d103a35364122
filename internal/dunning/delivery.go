package dunning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/notify"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// NotificationStatus is the state of a message.
type NotificationStatus = vocabulary.NotificationStatus

// The states of a message. A pending message is sent or retried later.
const (
	NotificationPending = vocabulary.NotificationPending
	NotificationSent    = vocabulary.NotificationSent
	NotificationFailed  = vocabulary.NotificationFailed
	NotificationSkipped = vocabulary.NotificationSkipped
)

const (
	// deliveryAttempts is the maximum number of attempts; the waits between them add up to about two days.
	deliveryAttempts = 16
	firstRetry       = time.Minute
	lastRetry        = 6 * time.Hour
)

// retryAfter is the wait after a number of failed attempts. It doubles from one minute to six hours.
func retryAfter(attempts int32) time.Duration {
	wait := firstRetry
	for i := int32(1); i < attempts && wait < lastRetry; i++ {
		wait *= 2
	}
	return min(wait, lastRetry)
}

// Deliver tries once to send a message of the outbox and records the outcome. It returns the new
// state of the message: pending when it must be retried. It skips a message whose client is no
// longer delinquent.
//
// A message is sent at least once. When the OS process ends between sending and recording, the
// message is sent again with the same Message-ID. pool must not be a transaction: the row would stay
// locked while the message is sent.
func Deliver(ctx context.Context, pool dbsqlc.DBTX, notifier notify.Notifier, seller notify.Seller, id uuid.UUID, now func() time.Time) (
	NotificationStatus, error,
) {
	queries := dbsqlc.New()
	found, err := queries.NotificationGet(ctx, pool, id)
	if err != nil {
		return "", fmt.Errorf("dunning: find notification: %w", err)
	}
	row := found.Notification
	if status := NotificationStatus(row.Status); status != NotificationPending {
		return status, nil
	}
	owner, err := queries.ClientGetByID(ctx, pool, row.ClientID)
	if err != nil {
		return "", fmt.Errorf("dunning: find client: %w", err)
	}
	unsent := func(status NotificationStatus, reason string, attempts int32) (NotificationStatus, error) {
		err := queries.NotificationRecordFailure(ctx, pool, dbsqlc.NotificationRecordFailureParams{ID: id, Status: string(status), Reason: &reason, Attempts: attempts, Now: now()})
		if err != nil {
			return "", fmt.Errorf("dunning: record %s: %w", status, err)
		}
		return status, nil
	}
	if !found.EpisodeLive {
		return unsent(NotificationSkipped, reasonEnded, 0) // The client has paid since the last evaluation.
	}
	if !hasEmail(owner) {
		return unsent(NotificationSkipped, reasonNoEmail, 0)
	}
	message, err := compose(row, owner, seller)
	if err != nil {
		return "", err
	}
	failure := notifier.Send(ctx, message)
	permanent, known := errors.AsType[*notify.Failure](failure)
	switch {
	case failure == nil:
		at := now()
		if err := queries.NotificationMarkSent(ctx, pool, dbsqlc.NotificationMarkSentParams{ID: id, Now: &at}); err != nil {
			return "", fmt.Errorf("dunning: record sent: %w", err)
		}
		return NotificationSent, nil
	case ctx.Err() != nil:
		return "", failure // The worker stops, or the attempt timed out: the outcome is unknown.
	case errors.Is(failure, notify.ErrAddress):
		return unsent(NotificationSkipped, reasonBadEmail, 0)
	case known && permanent.Permanent:
		return unsent(NotificationFailed, permanent.Reason, 1)
	case row.Attempts+1 >= deliveryAttempts:
		return unsent(NotificationFailed, reasonUnreachable, 1)
	}
	reason, at := notify.ReasonOf(failure), now()
	next := at.Add(retryAfter(row.Attempts + 1))
	err = queries.NotificationRetryLater(ctx, pool, dbsqlc.NotificationRetryLaterParams{ID: id, Reason: &reason, NextAttemptAt: &next, Now: at})
	if err != nil {
		return "", fmt.Errorf("dunning: record retry: %w", err)
	}
	return NotificationPending, nil
}

func compose(row dbsqlc.Notification, owner dbsqlc.Client, seller notify.Seller) (notify.Message, error) {
	var facts notify.Facts
	if err := json.Unmarshal(row.Facts, &facts); err != nil {
		return notify.Message{}, fmt.Errorf("dunning: decode facts of notification %s: %w", row.ID, err)
	}
	subject, body, err := notify.Render(row.Template, row.Language, notify.Content{Name: owner.FullName, Seller: seller, Facts: facts})
	if err != nil {
		return notify.Message{}, err
	}
	return notify.Message{
		ID: row.ID, Template: row.Template, Language: row.Language, CreatedAt: row.CreatedAt,
		Name: owner.FullName, Address: *owner.Email, Subject: subject, Body: body,
	}, nil
}

func hasEmail(owner dbsqlc.Client) bool {
	return owner.Email != nil && strings.TrimSpace(*owner.Email) != ""
}
