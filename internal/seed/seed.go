// Package seed fills a database with demo data: a catalogue, and any number of
// clients with their subscribers, contracts and audit trails.
//
// The data is deterministic: the same options give the same rows on an empty
// database, ids included. It is valid by the schema and by the domain's rules, and
// it is invented: e-mail addresses use domains of .example only.
package seed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// ErrLoaded is returned when the CINs and numbers of a seed are in the database
// already: the seed was loaded before, or one that shares its block with it.
var ErrLoaded = errors.New("seed: already loaded")

// Options say what to load.
type Options struct {
	// Clients is how many clients to make, 0 to MaxClients. With 0 only the
	// catalogue is loaded.
	Clients int
	// Seed selects the data. Seeds 0 to 99 never share a CIN, a number or an id;
	// a higher seed uses the CINs and numbers of its last two digits.
	Seed uint64
	// Today is the business day. Contracts start in the two years before it, and
	// a few some days after it.
	Today calendar.Date
	// Now is the instant before which every row was created.
	Now time.Time
	// Progress, when set, is told after every batch how many clients are stored. It
	// is never called twice at the same time.
	Progress func(done, total int)
}

// Summary counts the rows that a load wrote.
type Summary struct {
	Offers, Clients, Subscribers, Contracts int
}

// Load writes the data of a seed beside what the database holds.
//
// The catalogue is written only where its offers are missing. Clients follow in
// batches, each in one transaction with all that belongs to them. When a load fails
// or is interrupted, the batches that were stored stay, whole, and the seed counts
// as loaded; the summary tells how many clients they hold.
//
// It returns ErrLoaded, having written nothing, when the seed was loaded before.
func Load(ctx context.Context, pool *pgxpool.Pool, options Options) (Summary, error) {
	if err := options.validate(); err != nil {
		return Summary{}, err
	}
	if err := checkNotLoaded(ctx, pool, options); err != nil {
		return Summary{}, err
	}
	history := newHistory(options)
	offers, inserted, err := ensureCatalogue(ctx, pool, options, history)
	summary := Summary{Offers: inserted}
	if err != nil {
		return summary, err
	}
	shelf, err := newShelf(offers, history)
	if err != nil {
		return summary, err
	}
	clients := loader{pool: pool, generator: generator{options: options, history: history, shelf: shelf}, summary: &summary}
	if err := clients.load(ctx); err != nil {
		return summary, err
	}
	// Fresh tables have no statistics, and the first lists and billing runs would be planned blindly.
	if _, err := pool.Exec(ctx, "ANALYZE offers, clients, subscribers, contracts, contract_audit_events, billing_profiles, configuration_changes"); err != nil {
		return summary, fmt.Errorf("seed: analyze: %w", err)
	}
	return summary, nil
}

func (o Options) validate() error {
	switch {
	case o.Clients < 0 || o.Clients > MaxClients:
		return fmt.Errorf("seed: the number of clients must be 0 to %d, not %d", MaxClients, o.Clients)
	case o.Today.IsZero():
		return errors.New("seed: the business day is missing")
	case o.Now.IsZero():
		return errors.New("seed: the current time is missing")
	}
	return nil
}

// checkNotLoaded looks for the CIN of the seed's first client, which does not
// depend on how many clients are asked for.
func checkNotLoaded(ctx context.Context, pool *pgxpool.Pool, options Options) error {
	if options.Clients == 0 {
		return nil
	}
	first := blockOf(options.Seed).cin(0)
	_, err := dbsqlc.New().ClientGetByCIN(ctx, pool, &first)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("seed: look for the first client: %w", err)
	}
	return fmt.Errorf("%w: the clients of seed %d, or of a seed with the same last two digits, are in the database; choose another seed",
		ErrLoaded, options.Seed)
}
