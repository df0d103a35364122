package client

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// MinServiceIdentifierLength is how many characters name a line at least.
const MinServiceIdentifierLength = 3

// SubscriberStatus is the state of a subscriber.
type SubscriberStatus = vocabulary.SubscriberStatus

// The states of a subscriber that provisioning creates.
const (
	SubscriberActive    = vocabulary.SubscriberActive
	SubscriberSuspended = vocabulary.SubscriberSuspended
)

// NewSubscriber is a line of a client to be made. The identifier is trimmed already.
type NewSubscriber struct {
	ClientID          uuid.UUID
	ServiceType       vocabulary.ServiceType
	ServiceIdentifier string
	Status            SubscriberStatus
}

// CreateSubscriber gives a client a line, in the given transaction. It refuses with
// client_not_found, and with subscriber_identifier_conflict when any client has a
// line of that name.
func CreateSubscriber(ctx context.Context, tx pgx.Tx, input NewSubscriber, now time.Time) (dbsqlc.Subscriber, error) {
	if _, err := Lock(ctx, tx, input.ClientID); err != nil {
		return dbsqlc.Subscriber{}, err
	}
	return dbsqlc.New().SubscriberInsert(ctx, tx, dbsqlc.SubscriberInsertParams{
		ID: db.NewID(), ClientID: input.ClientID, ServiceType: input.ServiceType, ServiceIdentifier: input.ServiceIdentifier,
		Status: input.Status, Now: now,
	})
}
