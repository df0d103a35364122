package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// contractRow is a contract to be stored.
type contractRow struct {
	ID, ClientID, SubscriberID, OfferID uuid.UUID
	life
	CreatedAt time.Time
}

// contractColumns are the columns of a contractRow, in the order of its values. The
// generated COPY of contracts is that of new ones and leaves out terminated_at.
var contractColumns = []string{
	"id", "client_id", "subscriber_id", "offer_id", "status", "start_date", "end_date", "commitment_months",
	"activated_at", "terminated_at", "created_at", "updated_at",
}

func (c contractRow) values() []any {
	return []any{
		c.ID, c.ClientID, c.SubscriberID, c.OfferID, c.status, c.start, c.end, c.commitmentMonths,
		c.activatedAt, c.terminatedAt, c.CreatedAt, c.updatedAt,
	}
}

// loadClients stores all batches in order, and makes the next one while PostgreSQL
// works on the one before: three batches exist at any time, however many clients.
func loadClients(ctx context.Context, pool *pgxpool.Pool, g generator, summary *Summary) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 1)
	group.Go(func() error {
		defer close(batches)
		for first := 0; first < g.options.Clients; first += batchSize {
			made, err := g.batch(first)
			if err != nil {
				return err
			}
			select {
			case batches <- made:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for made := range batches {
			if err := made.store(ctx, pool); err != nil {
				return fmt.Errorf("seed: clients %d to %d: %w", made.first+1, made.end, err)
			}
			summary.Clients += len(made.clients)
			summary.Subscribers += len(made.subscribers)
			summary.Contracts += len(made.contracts)
			if g.options.Progress != nil {
				g.options.Progress(made.end, g.options.Clients)
			}
		}
		return nil
	})
	return group.Wait()
}

// store writes the batch in one transaction.
func (b *batch) store(ctx context.Context, pool *pgxpool.Pool) error {
	return db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		queries := dbsqlc.New()
		if _, err := queries.ClientInsertMany(ctx, tx, b.clients); err != nil {
			return err
		}
		if _, err := queries.SubscriberInsertMany(ctx, tx, b.subscribers); err != nil {
			return err
		}
		contracts := pgx.CopyFromSlice(len(b.contracts), func(i int) ([]any, error) { return b.contracts[i].values(), nil })
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"contracts"}, contractColumns, contracts); err != nil {
			return err
		}
		_, err := queries.ContractAuditEventInsertMany(ctx, tx, b.auditEvents)
		return err
	})
}
