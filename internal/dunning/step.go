package dunning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/notify"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// The reasons for which a message is not sent.
const (
	reasonNoEmail     = "client_has_no_email"
	reasonBadEmail    = "client_email_invalid"
	reasonUnreachable = "not_delivered_in_time"
)

// TakeStep takes a step of a client's episode in the given transaction: it notes it on
// the cases of everything the client owes and is overdue, suspends contracts when that
// is the step, and writes the message that is to be sent. It reports whether it did.
//
// It does nothing when the step is not what is due now, under the locks of the invoices,
// their cases and the client: it was taken before, or the client has paid. They are
// locked in the order of a payment. The case of an overdue invoice that an operator has
// closed is opened again first, as by the next sync: the step is about that one too.
func TakeStep(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID, name string, hours Hours, now time.Time) (taken bool, err error) {
	today := hours.Zone.DateAt(now)
	if err := collections.SyncClient(ctx, tx, clientID, today, now); err != nil {
		return false, err
	}
	cases, err := dbsqlc.New().CollectionCaseLockActiveByClient(ctx, tx, clientID)
	if err != nil {
		return false, fmt.Errorf("dunning: lock cases: %w", err)
	}
	owner, err := client.Lock(ctx, tx, clientID)
	if errors.Is(err, refusal.New(refusal.ClientNotFound)) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	standing, err := follow(ctx, tx, owner, now)
	if err != nil || standing.over {
		return false, err
	}
	due, found := standing.next(hours, now)
	if !found || due.Step.Name != name || due.At.After(now) {
		return false, nil
	}
	isOldest := func(row dbsqlc.CollectionCaseLockActiveByClientRow) bool {
		return row.CollectionCase.DueDate == standing.oldest
	}
	if !slices.ContainsFunc(cases, isOldest) {
		return false, nil // Overdue since the cases were locked: the next look finds its case.
	}
	message, err := prepare(ctx, tx, standing, due.Step, owner, cases, today, now)
	if err != nil {
		return false, err
	}
	if err := note(ctx, tx, due.Step, cases, today, now); err != nil {
		return false, err
	}
	if due.Step.Action == ActionSuspend {
		if err := suspend(ctx, tx, clientID, today, now); err != nil {
			return false, err
		}
	}
	err = dbsqlc.New().DunningStepInsert(ctx, tx, dbsqlc.DunningStepInsertParams{
		ID: db.NewID(), EpisodeID: standing.episode.ID, PolicyVersion: standing.policy.Version, Step: name,
		DaysPastDue: int32(due.Step.DaysPastDue), Action: due.Step.Action, NotificationID: message, Now: now,
	})
	if err != nil {
		return false, fmt.Errorf("dunning: insert step: %w", err)
	}
	return true, nil
}

// prepare writes the message of a step into the outbox and returns its id; nil stands
// for a step that sends nothing. A client without an address gets none, which is told.
func prepare(ctx context.Context, tx dbsqlc.DBTX, at standing, step Step, owner dbsqlc.Client,
	cases []dbsqlc.CollectionCaseLockActiveByClientRow, today calendar.Date, now time.Time) (*uuid.UUID, error) {
	if step.Channel == ChannelNone {
		return nil, nil
	}
	facts := notify.Facts{DaysPastDue: today.DaysSince(at.oldest)}
	for _, row := range cases {
		facts.Total += row.CollectionCase.OutstandingAmount
		facts.Invoices = append(facts.Invoices, notify.Invoice{
			Number: row.InvoiceNumber, DueDate: row.CollectionCase.DueDate, Outstanding: row.CollectionCase.OutstandingAmount,
		})
	}
	encoded, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("dunning: encode facts: %w", err)
	}
	id := db.NewID()
	row := dbsqlc.NotificationInsertParams{
		ID: id, ClientID: owner.ID, Channel: step.Channel, Template: step.Template, Language: notify.French, Facts: encoded,
		Status: NotificationPending, NextAttemptAt: &now, DedupKey: fmt.Sprintf("dunning/%s/%s", at.episode.ID, step.Name), Now: now,
	}
	if !hasEmail(owner) {
		reason := reasonNoEmail
		row.Status, row.Reason, row.NextAttemptAt = NotificationSkipped, &reason, nil
	}
	if err := dbsqlc.New().NotificationInsert(ctx, tx, row); err != nil {
		return nil, fmt.Errorf("dunning: insert notification: %w", err)
	}
	return &id, nil
}

// note appends a step to the histories of the client's cases. There is no action of its
// own for a suspension, which is told as a note.
func note(ctx context.Context, tx dbsqlc.DBTX, step Step, cases []dbsqlc.CollectionCaseLockActiveByClientRow, today calendar.Date, now time.Time) error {
	action, text := step.Action, fmt.Sprintf("Dunning step %s, %d days past due", step.Name, step.DaysPastDue)
	if step.Action == ActionSuspend {
		action, text = collections.ActionNote, text+": active contracts suspended"
	}
	for _, row := range cases {
		if _, err := collections.AddAction(ctx, tx, row.CollectionCase.ID, action, &text, Actor, today, now); err != nil {
			return err
		}
	}
	return nil
}

// suspend suspends a client's active contracts, each with its audit event. Only an
// operator activates them again.
func suspend(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID, today calendar.Date, now time.Time) error {
	active, err := dbsqlc.New().ContractListActiveIDs(ctx, tx, clientID)
	if err != nil {
		return fmt.Errorf("dunning: list active contracts: %w", err)
	}
	for _, id := range active {
		if _, err := contract.ChangeStatus(ctx, tx, id, contract.StatusSuspended, actor.Act{Actor: Actor, Today: today, Now: now}); err != nil {
			return err
		}
	}
	return nil
}
