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

// ErrLoaded is returned when the database already holds the CINs and numbers of a seed: this seed,
// or a seed with the same block, was loaded before.
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
	// Progress, if set, is called after every batch with the number of stored clients. Calls do
	// not overlap.
	Progress func(done, total int)
}

// Summary counts the rows that a load wrote.
type Summary struct {
	Offers, Clients, Subscribers, Contracts int
}

// Load adds the data of a seed to the database.
//
// The catalogue is written only where its offers are missing. Clients follow in
// batches, each in one transaction with their lines and contracts. If a load fails or is
// interrupted, its committed batches stay and the seed counts as loaded. The summary has the
// number of clients they hold.
//
// It returns ErrLoaded and writes nothing if the seed was loaded before.
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
	if _, err := pool.Exec(ctx, "ANALYZE offers, clients, subscribers, contracts, contract_audit_events, billing_profiles, contract_price_changes"); err != nil {
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
