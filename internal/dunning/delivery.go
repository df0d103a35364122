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
)

// The states of a message.
const (
	NotificationPending = "pending"
	NotificationSent    = "sent"
	NotificationFailed  = "failed"
	NotificationSkipped = "skipped"
)

const (
	// deliveryAttempts is how often a message is tried; the waits between them add up to
	// some two days.
	deliveryAttempts = 16
	firstRetry       = time.Minute
	lastRetry        = 6 * time.Hour
)

// retryAfter is the wait after so many attempts that failed: it doubles from one minute
// up to six hours.
func retryAfter(attempts int32) time.Duration {
	wait := firstRetry
	for i := int32(1); i < attempts && wait < lastRetry; i++ {
		wait *= 2
	}
	return min(wait, lastRetry)
}

// Deliver tries once to send a message of the outbox, and writes down what came of it. It
// returns the state that the message has then: pending when it is to be tried again. One
// whose client is not delinquent any more is skipped.
//
// A message is sent at least once. When the program ends between the sending and the
// note of it, it is sent again, under the same Message-ID.
func Deliver(ctx context.Context, tx dbsqlc.DBTX, notifier notify.Notifier, seller notify.Seller, id uuid.UUID, now func() time.Time) (status string, err error) {
	queries := dbsqlc.New()
	found, err := queries.NotificationGet(ctx, tx, id)
	if err != nil {
		return "", fmt.Errorf("dunning: find notification: %w", err)
	}
	row := found.Notification
	if row.Status != NotificationPending {
		return row.Status, nil
	}
	owner, err := queries.ClientGetByID(ctx, tx, row.ClientID)
	if err != nil {
		return "", fmt.Errorf("dunning: find client: %w", err)
	}
	unsent := func(status, reason string, attempts int32) (string, error) {
		err := queries.NotificationRecordFailure(ctx, tx, dbsqlc.NotificationRecordFailureParams{ID: id, Status: status, Reason: &reason, Attempts: attempts, Now: now()})
		if err != nil {
			return "", fmt.Errorf("dunning: note %s: %w", status, err)
		}
		return status, nil
	}
	if !found.EpisodeLive {
		return unsent(NotificationSkipped, reasonEnded, 0) // The client has paid, and nobody has looked since.
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
		if err := queries.NotificationMarkSent(ctx, tx, dbsqlc.NotificationMarkSentParams{ID: id, Now: &at}); err != nil {
			return "", fmt.Errorf("dunning: note sent: %w", err)
		}
		return NotificationSent, nil
	case ctx.Err() != nil:
		return "", failure // The worker stops, or the attempt took too long: nothing is known.
	case errors.Is(failure, notify.ErrAddress):
		return unsent(NotificationSkipped, reasonBadEmail, 0)
	case known && permanent.Permanent:
		return unsent(NotificationFailed, permanent.Reason, 1)
	case row.Attempts+1 >= deliveryAttempts:
		return unsent(NotificationFailed, reasonUnreachable, 1)
	}
	reason, at := notify.ReasonOf(failure), now()
	next := at.Add(retryAfter(row.Attempts + 1))
	err = queries.NotificationRetryLater(ctx, tx, dbsqlc.NotificationRetryLaterParams{ID: id, Reason: &reason, NextAttemptAt: &next, Now: at})
	if err != nil {
		return "", fmt.Errorf("dunning: note delay: %w", err)
	}
	return NotificationPending, nil
}

func compose(row dbsqlc.Notification, owner dbsqlc.Client, seller notify.Seller) (notify.Message, error) {
	var facts notify.Facts
	if err := json.Unmarshal(row.Facts, &facts); err != nil {
		return notify.Message{}, fmt.Errorf("dunning: facts of notification %s: %w", row.ID, err)
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
