package dunning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// Status is where a client is in dunning.
type Status struct {
	PolicyVersion int32
	// Episode is the live one, or the last one; nil when there was none.
	Episode *dbsqlc.DunningEpisode
	Steps   []dbsqlc.DunningStepListRow
	// Next is the step that comes next; nil when the client is not delinquent, or none is left.
	Next *Planned
}

// StatusOf reads where a client is in dunning. It does not depend on the client's
// workflow: what that has not noticed yet is in it.
func StatusOf(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID, hours Hours, now time.Time) (Status, error) {
	owner, err := dbsqlc.New().ClientGetByID(ctx, tx, clientID)
	if err != nil {
		return Status{}, fmt.Errorf("dunning: find client: %w", err)
	}
	oldest, delinquent, err := oldestOverdue(ctx, tx, owner)
	if err != nil {
		return Status{}, err
	}
	episode, err := dbsqlc.New().DunningEpisodeGetLatest(ctx, tx, clientID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Status{}, fmt.Errorf("dunning: find episode: %w", err)
	}
	found := err == nil
	if delinquent && (!found || !episode.Since.Equal(*owner.DelinquentSince)) {
		// It has begun, and nobody has opened it yet.
		episode, found = dbsqlc.DunningEpisode{ClientID: clientID, Since: *owner.DelinquentSince}, true
	}
	if !found {
		policy, err := CurrentPolicy(ctx, tx)
		return Status{PolicyVersion: policy.Version}, err
	}
	at, err := read(ctx, tx, episode, oldest)
	if err != nil {
		return Status{}, err
	}
	status := Status{PolicyVersion: at.policy.Version, Episode: &at.episode, Steps: at.steps}
	if next, left := at.next(hours, now); delinquent && left {
		status.Next = &next
	}
	return status, nil
}
