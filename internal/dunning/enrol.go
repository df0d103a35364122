package dunning

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// enrolBatchSize is how many clients a transaction of the enrolment takes, and how many
// workflows are woken between two looks at what is left.
const enrolBatchSize = 500

// Enrol opens the episodes of clients who became delinquent, and has those looked at
// that are over. It takes one batch and returns how many it took; none when nobody is
// left, which costs one probe of an index.
func Enrol(ctx context.Context, pool *pgxpool.Pool, now time.Time) (taken int, err error) {
	err = db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		taken, err = enrol(ctx, tx, now)
		return err
	})
	return taken, err
}

func enrol(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	queries := dbsqlc.New()
	untold, err := queries.ClientListDunningOutOfSync(ctx, tx, enrolBatchSize)
	if err != nil || len(untold) == 0 {
		return 0, err
	}
	all := make([]uuid.UUID, len(untold))
	begun := dbsqlc.DunningEpisodeInsertManyParams{Now: now}
	for i, row := range untold {
		all[i] = row.ID
		if row.DelinquentSince == nil {
			continue
		}
		begun.IDS = append(begun.IDS, db.NewID())
		begun.ClientIDS = append(begun.ClientIDS, row.ID)
		begun.Since = append(begun.Since, *row.DelinquentSince)
	}
	// An episode that is live already belongs to another delinquency: its workflow ends it.
	if err := queries.DunningEpisodeWakeMany(ctx, tx, dbsqlc.DunningEpisodeWakeManyParams{ClientIDS: all, Now: now}); err != nil {
		return 0, fmt.Errorf("dunning: wake episodes: %w", err)
	}
	if err := queries.DunningEpisodeInsertMany(ctx, tx, begun); err != nil {
		return 0, fmt.Errorf("dunning: open episodes: %w", err)
	}
	if err := queries.ClientMarkDunningSeen(ctx, tx, all); err != nil {
		return 0, fmt.Errorf("dunning: mark clients: %w", err)
	}
	return len(all), nil
}

// WakeDue wakes the workflows of the episodes that nobody will look at by themselves:
// those that Enrol opened, those that are to be told of something, and those whose
// workflow has been lost. It takes one batch, calls wake for each client, waits for
// pace before each but the first, and returns how many it woke.
//
// An episode is taken off the list after its workflow was woken. When the program ends in
// between, it is woken twice, and looks twice.
func WakeDue(ctx context.Context, pool *pgxpool.Pool, now func() time.Time, wake func(context.Context, uuid.UUID) error,
	pace func(context.Context) error,
) (woken int, err error) {
	queries, asked := dbsqlc.New(), now()
	clients, err := queries.DunningEpisodeListDue(ctx, pool, dbsqlc.DunningEpisodeListDueParams{Now: asked, BatchSize: enrolBatchSize})
	if err != nil {
		return 0, fmt.Errorf("dunning: list episodes to wake: %w", err)
	}
	for i, id := range clients {
		if i > 0 {
			if err := pace(ctx); err != nil {
				return woken, err
			}
		}
		if err := wake(ctx, id); err != nil {
			return woken, fmt.Errorf("dunning: wake %s: %w", id, err)
		}
		// One that has looked meanwhile has set a later time of its own.
		err := queries.DunningEpisodePostpone(ctx, pool, dbsqlc.DunningEpisodePostponeParams{ClientID: id, WakeAt: now().Add(grace), Now: asked})
		if err != nil {
			return woken, fmt.Errorf("dunning: postpone episode: %w", err)
		}
		woken++
	}
	return woken, nil
}
