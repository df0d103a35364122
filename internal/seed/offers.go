package seed

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
)

// catalogueStream is the stream of draws for the ids of offers; batches count from 0.
const catalogueStream = math.MaxUint64

// offerIdentity is what the catalogue knows an offer by.
type offerIdentity struct {
	name     string
	category catalog.Category
	version  int32
}

// ensureCatalogue returns the stored offers of the demo catalogue in its order and
// how many of them it had to insert. An offer that exists is used as it is stored.
func ensureCatalogue(ctx context.Context, pool *pgxpool.Pool, options Options, history history) ([]dbsqlc.Offer, int, error) {
	var offers []dbsqlc.Offer
	var inserted int
	err := db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		offers, inserted = nil, 0
		stored, err := storedOffers(ctx, tx)
		if err != nil {
			return err
		}
		ids := newRandom(options.Seed, catalogueStream)
		for _, definition := range Catalogue(options.Today) {
			// The id is drawn whether it is needed or not, so that it depends on the offer alone.
			id := ids.id(history.start)
			offer, exists := stored[offerIdentity{definition.Name, definition.Category, definition.Version}]
			if !exists {
				if offer, err = dbsqlc.New().OfferInsert(ctx, tx, definition.Row(id, history.start)); err != nil {
					return err
				}
				inserted++
			}
			offers = append(offers, offer)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("seed: catalogue: %w", err)
	}
	return offers, inserted, nil
}

func storedOffers(ctx context.Context, tx pgx.Tx) (map[offerIdentity]dbsqlc.Offer, error) {
	rows, err := dbsqlc.New().OfferList(ctx, tx, dbsqlc.OfferListParams{PageSize: math.MaxInt32})
	if err != nil {
		return nil, err
	}
	stored := make(map[offerIdentity]dbsqlc.Offer, len(rows))
	for _, row := range rows {
		stored[offerIdentity{row.Name, row.ServiceCategory, row.Version}] = row
	}
	return stored, nil
}

// shelf holds what can be bought, by service type.
type shelf map[catalog.ServiceType][]dbsqlc.Offer

// newShelf sorts offers by their service type. It fails when a type cannot be
// bought on every day of the history, which happens when the catalogue in the
// database was changed or is of a later day: contracts before it would be invalid.
func newShelf(offers []dbsqlc.Offer, history history) (shelf, error) {
	result := shelf{}
	for _, offer := range offers {
		result[offer.ServiceType] = append(result[offer.ServiceType], offer)
	}
	last := history.today.AddDays(maxInstallationDays)
	for _, serviceType := range []catalog.ServiceType{catalog.TypeMobile, catalog.TypeFiber, catalog.TypeADSL, catalog.TypeLandline} {
		sold := false
		for _, offer := range result[serviceType] {
			sold = sold || validOn(offer, history.first) && validOn(offer, last)
		}
		if !sold {
			return nil, fmt.Errorf("seed: the database's catalogue has no %s offer that is valid from %s to %s",
				serviceType, history.first, last)
		}
	}
	return result, nil
}

// draw returns an offer of a service type that was sold on a day.
func (s shelf) draw(r random, serviceType catalog.ServiceType, on calendar.Date) dbsqlc.Offer {
	for {
		if offer := pick(r, s[serviceType]); validOn(offer, on) {
			return offer
		}
	}
}

func validOn(offer dbsqlc.Offer, on calendar.Date) bool {
	return !on.Before(offer.ValidFrom) && (offer.ValidTo == nil || !on.After(*offer.ValidTo))
}
