package dunning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Actor executes the steps, in histories and audit trails.
const Actor actor.ID = "dunning"

const (
	// lookAgainAfter bounds how long a workflow waits without looking, so that a wake
	// which was lost costs an idle week at most, never a wrong step.
	lookAgainAfter = 7 * 24 * time.Hour
	// grace is how late a workflow may be before it is taken for lost.
	grace = time.Hour
)

// reasonEnded is why a message was not sent that waited when its episode ended.
const reasonEnded = "episode_ended"

// Turn is what a client's workflow does next: exactly one of the four.
type Turn struct {
	// Over: the client is not delinquent any more.
	Over bool `json:"over,omitempty"`
	// Take is the name of the step that is due.
	Take string `json:"take,omitempty"`
	// Deliver is the message that is to be sent, or tried again.
	Deliver *uuid.UUID `json:"deliver,omitempty"`
	// Wait is how long there is nothing to do. It is a duration rather than an instant:
	// the clock that decides and the one that waits need not show the same time.
	Wait time.Duration `json:"wait,omitempty"`

	// Episode is the live one, Done the steps taken in it and Next the one that follows.
	Episode uuid.UUID `json:"episode"`
	Done    []string  `json:"done,omitempty"`
	Next    *Planned  `json:"next,omitempty"`
}

// Look finds what is to be done about a client now, under the client's lock, and keeps
// the episodes in step with the client: it ends the one that is over and opens the one
// that has begun. It can be repeated at any time, and depends on nothing that was said
// before but on what is stored.
func Look(ctx context.Context, tx pgx.Tx, clientID uuid.UUID, hours Hours, now time.Time) (Turn, error) {
	owner, err := client.Lock(ctx, tx, clientID)
	if errors.Is(err, refusal.New(refusal.ClientNotFound)) {
		return Turn{Over: true}, nil // Deleted: who has no invoices may be.
	}
	if err != nil {
		return Turn{}, err
	}
	standing, err := follow(ctx, tx, owner, now)
	if err != nil || standing.over {
		return Turn{Over: standing.over}, err
	}
	turn := standing.turn(hours, now)
	wake := now.Add(turn.Wait + grace)
	if err := dbsqlc.New().DunningEpisodeUpdateWakeAt(ctx, tx, dbsqlc.DunningEpisodeUpdateWakeAtParams{ID: turn.Episode, WakeAt: wake}); err != nil {
		return Turn{}, fmt.Errorf("dunning: set wake: %w", err)
	}
	return turn, nil
}

// standing is where a client is in their episode.
type standing struct {
	// over: there is no episode.
	over    bool
	client  uuid.UUID
	episode dbsqlc.DunningEpisode
	policy  Policy
	steps   []dbsqlc.DunningStepListRow
	// oldest is the due date of the client's oldest overdue invoice.
	oldest calendar.Date
}

// follow brings the episodes of a locked client in step with the client's delinquency and
// returns where the client is in the live one.
func follow(ctx context.Context, tx pgx.Tx, owner dbsqlc.Client, now time.Time) (standing, error) {
	queries := dbsqlc.New()
	oldest, delinquent, err := oldestOverdue(ctx, tx, owner)
	if err != nil {
		return standing{}, err
	}
	live, err := queries.DunningEpisodeGetLive(ctx, tx, owner.ID)
	found := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return standing{}, fmt.Errorf("dunning: find episode: %w", err)
	}
	if found && (!delinquent || !live.Since.Equal(*owner.DelinquentSince)) {
		if err := end(ctx, tx, live, now); err != nil {
			return standing{}, err
		}
		found = false
	}
	if delinquent && !found {
		if live, err = open(ctx, tx, owner, now); err != nil {
			return standing{}, err
		}
	}
	if err := queries.ClientMarkDunningSeen(ctx, tx, []uuid.UUID{owner.ID}); err != nil {
		return standing{}, fmt.Errorf("dunning: mark client: %w", err)
	}
	if !delinquent {
		return standing{over: true}, nil
	}
	return read(ctx, tx, live, oldest)
}

// oldestOverdue returns the due date of what a client owes longest, and whether the
// client is delinquent at all.
func oldestOverdue(ctx context.Context, tx dbsqlc.DBTX, owner dbsqlc.Client) (oldest calendar.Date, delinquent bool, err error) {
	if owner.DelinquentSince == nil {
		return oldest, false, nil
	}
	oldest, err = dbsqlc.New().InvoiceOldestOverdue(ctx, tx, owner.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return oldest, false, nil
	}
	if err != nil {
		return oldest, false, fmt.Errorf("dunning: find oldest overdue invoice: %w", err)
	}
	return oldest, true, nil
}

// read gathers what decides about the next step of an episode.
func read(ctx context.Context, tx dbsqlc.DBTX, episode dbsqlc.DunningEpisode, oldest calendar.Date) (standing, error) {
	policy, err := CurrentPolicy(ctx, tx)
	if err != nil {
		return standing{}, err
	}
	steps, err := dbsqlc.New().DunningStepList(ctx, tx, episode.ID)
	if err != nil {
		return standing{}, fmt.Errorf("dunning: list steps: %w", err)
	}
	return standing{client: episode.ClientID, episode: episode, policy: policy, steps: steps, oldest: oldest}, nil
}

// next is the step that comes next.
func (s standing) next(hours Hours, now time.Time) (Planned, bool) {
	done := make([]Done, len(s.steps))
	for i, step := range s.steps {
		done[i] = Done{Name: step.DunningStep.Step, DaysPastDue: int(step.DunningStep.DaysPastDue)}
	}
	return Next(s.policy, done, s.client, s.oldest, hours, now)
}

// turn is what the client's workflow does next: a step before a message, since what is
// to be sent must not hold up what is to be done.
func (s standing) turn(hours Hours, now time.Time) Turn {
	turn := Turn{Episode: s.episode.ID, Wait: lookAgainAfter}
	for _, step := range s.steps {
		turn.Done = append(turn.Done, step.DunningStep.Step)
	}
	if next, found := s.next(hours, now); found {
		turn.Next = &next
		if !next.At.After(now) {
			turn.Take, turn.Wait = next.Step.Name, 0
			return turn
		}
		turn.Wait = min(turn.Wait, next.At.Sub(now))
	}
	for _, step := range s.steps {
		if step.NextAttemptAt == nil {
			continue
		}
		if !step.NextAttemptAt.After(now) {
			turn.Deliver, turn.Wait = step.DunningStep.NotificationID, 0
			return turn
		}
		turn.Wait = min(turn.Wait, step.NextAttemptAt.Sub(now))
	}
	return turn
}

func open(ctx context.Context, tx pgx.Tx, owner dbsqlc.Client, now time.Time) (dbsqlc.DunningEpisode, error) {
	episode, err := dbsqlc.New().DunningEpisodeInsert(ctx, tx, dbsqlc.DunningEpisodeInsertParams{
		ID: db.NewID(), ClientID: owner.ID, Since: *owner.DelinquentSince, WakeAt: now, Now: now,
	})
	if err != nil {
		return episode, fmt.Errorf("dunning: open episode: %w", err)
	}
	return episode, nil
}

// end ends an episode, with the messages that it still wanted to send.
func end(ctx context.Context, tx pgx.Tx, episode dbsqlc.DunningEpisode, now time.Time) error {
	queries, reason := dbsqlc.New(), reasonEnded
	if err := queries.DunningEpisodeEnd(ctx, tx, dbsqlc.DunningEpisodeEndParams{ID: episode.ID, Now: &now}); err != nil {
		return fmt.Errorf("dunning: end episode: %w", err)
	}
	err := queries.NotificationSkipByEpisode(ctx, tx, dbsqlc.NotificationSkipByEpisodeParams{EpisodeID: episode.ID, Reason: &reason, Now: now})
	if err != nil {
		return fmt.Errorf("dunning: skip messages: %w", err)
	}
	return nil
}
