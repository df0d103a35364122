package dunning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/notify"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// The reasons why a message is not sent.
const (
	reasonNoEmail     = "client_has_no_email"
	reasonBadEmail    = "client_email_invalid"
	reasonUnreachable = "not_delivered_in_time"
)

// TakeStep executes a step of a client's episode in the given transaction: it records the step on
// the cases of all the client's overdue invoices, suspends contracts when that is the action, and
// queues the message. It reports whether it did.
//
// It does nothing when the step is not due under the locks of the invoices, their cases and the
// client, because the step was executed before or the client has paid. The locks are taken in the
// order of a payment. The case of an overdue invoice that an operator closed is reopened first, as by
// the next sync, so that the step covers it too.
func TakeStep(ctx context.Context, tx pgx.Tx, clientID uuid.UUID, name string, hours Hours, now time.Time) (taken bool, err error) {
	act := actor.Act{Actor: Actor, Today: hours.Zone.DateAt(now), Now: now}
	if err := collections.SyncClient(ctx, tx, clientID, act); err != nil {
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
		return false, nil // It became overdue after the cases were locked: the next evaluation finds its case.
	}
	message, err := queueMessage(ctx, tx, standing, due.Step, owner, cases, act)
	if err != nil {
		return false, err
	}
	if err := recordOnCases(ctx, tx, due.Step, cases, act); err != nil {
		return false, err
	}
	if due.Step.Action == ActionSuspend {
		if err := suspendContracts(ctx, tx, clientID, act); err != nil {
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

// queueMessage writes the message of a step into the outbox and returns its id, or nil for a step
// that sends nothing. The message to a client without an address is skipped, with the reason.
func queueMessage(ctx context.Context, tx pgx.Tx, at standing, step Step, owner dbsqlc.Client,
	cases []dbsqlc.CollectionCaseLockActiveByClientRow, act actor.Act,
) (*uuid.UUID, error) {
	if step.Channel == ChannelNone {
		return nil, nil
	}
	facts := notify.Facts{DaysPastDue: act.Today.DaysSince(at.oldest)}
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
		Status: string(NotificationPending), NextAttemptAt: &act.Now, DedupKey: fmt.Sprintf("dunning/%s/%s", at.episode.ID, step.Name), Now: act.Now,
	}
	if !hasEmail(owner) {
		reason := reasonNoEmail
		row.Status, row.Reason, row.NextAttemptAt = string(NotificationSkipped), &reason, nil
	}
	if err := dbsqlc.New().NotificationInsert(ctx, tx, row); err != nil {
		return nil, fmt.Errorf("dunning: insert notification: %w", err)
	}
	return &id, nil
}

// recordOnCases appends a step to the histories of the client's cases. A suspension is recorded as a
// note, because cases have no action for it.
func recordOnCases(ctx context.Context, tx pgx.Tx, step Step, cases []dbsqlc.CollectionCaseLockActiveByClientRow, act actor.Act) error {
	action, text := collections.ActionType(step.Action), fmt.Sprintf("Dunning step %s, %d days past due", step.Name, step.DaysPastDue)
	if step.Action == ActionSuspend {
		action, text = collections.ActionNote, text+": active contracts suspended"
	}
	for _, row := range cases {
		command := collections.AddAction{CaseID: row.CollectionCase.ID, Type: action, Note: &text}
		if _, err := collections.AppendAction(ctx, tx, command, act); err != nil {
			return err
		}
	}
	return nil
}

// suspendContracts suspends a client's active contracts, each with its audit event. Only an operator
// can reactivate them.
func suspendContracts(ctx context.Context, tx pgx.Tx, clientID uuid.UUID, act actor.Act) error {
	active, err := dbsqlc.New().ContractListActiveIDs(ctx, tx, clientID)
	if err != nil {
		return fmt.Errorf("dunning: list active contracts: %w", err)
	}
	for _, id := range active {
		if _, err := contract.ChangeStatus(ctx, tx, id, contract.StatusSuspended, act); err != nil {
			return err
		}
	}
	return nil
}
