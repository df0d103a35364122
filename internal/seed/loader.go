package seed

import (
	"context"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
)

// writers is how many batches are stored at the same time. PostgreSQL works on each
// with one process, so two keep it busy while the next batches are made.
const writers = 2

// loader stores batches and counts what is stored.
type loader struct {
	pool      *pgxpool.Pool
	generator generator

	mutex   sync.Mutex
	summary *Summary
}

// load stores all batches. At most four exist at any time, however many clients.
//
// The first batch is stored before the others begin: its first client is how a
// later load knows that the seed was loaded.
func (l *loader) load(ctx context.Context) error {
	if l.generator.options.Clients == 0 {
		return nil
	}
	first, err := l.generator.batch(0)
	if err != nil {
		return err
	}
	if err := l.store(ctx, first); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 1)
	group.Go(func() error {
		defer close(batches)
		return l.make(ctx, batches)
	})
	for range writers {
		group.Go(func() error {
			for made := range batches {
				if err := l.store(ctx, made); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// make sends all batches but the first.
func (l *loader) make(ctx context.Context, batches chan<- *batch) error {
	for first := batchSize; first < l.generator.options.Clients; first += batchSize {
		made, err := l.generator.batch(first)
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
}

func (l *loader) store(ctx context.Context, made *batch) error {
	if err := made.store(ctx, l.pool); err != nil {
		return fmt.Errorf("seed: clients %d to %d: %w", made.first+1, made.end, err)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.summary.Clients += len(made.clients)
	l.summary.Subscribers += len(made.subscribers)
	l.summary.Contracts += len(made.contracts)
	if progress := l.generator.options.Progress; progress != nil {
		progress(l.summary.Clients, l.generator.options.Clients)
	}
	return nil
}
