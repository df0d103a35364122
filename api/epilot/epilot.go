// Package epilot is the door of the epilot billing API, /v1/billing: other systems read and write the
// ledger in the names, bodies, and errors of that API.
package epilot

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/ratelimit"
)

// Dependencies are what the door needs beyond the framework.
type Dependencies struct {
	// Organisation is the operator's code, which every entity carries.
	Organisation string
	PerAddress   ratelimit.Limit
}

// handlers serves the operations of the ledger.
type handlers struct {
	*rest.API
	Dependencies
	limits *rest.RateLimits
}

// Mount registers the operations of the ledger.
func Mount(api *rest.API, dependencies Dependencies) {
	h := &handlers{API: api, Dependencies: dependencies, limits: rest.NewRateLimits(dependencies.PerAddress, ratelimit.Limit{})}
	h.ledgerEventRoutes()
	h.ledgerContractRoutes()
	h.ledgerPricingRoutes()
	h.ledgerConfigurationRoutes()
}
