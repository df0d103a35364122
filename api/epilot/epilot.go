// Package epilot is the door of the epilot billing API, /v1/billing: the ledger as another system reads and writes it. Names,
// bodies and errors are those of that API.
package epilot

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/ratelimit"
)

// handlers serves the operations of the ledger.
type handlers struct {
	*rest.API
	limits *rest.RateLimits
}

// Mount registers the operations of the ledger.
func Mount(api *rest.API) {
	s := &handlers{API: api, limits: rest.NewRateLimits(api.Config.RateLimits.LedgerPerAddress, ratelimit.Limit{})}
	s.ledgerEventRoutes()
	s.ledgerContractRoutes()
	s.ledgerPricingRoutes()
	s.ledgerConfigurationRoutes()
}
