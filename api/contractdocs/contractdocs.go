// Package contractdocs is the door of the contract document API, /v2: signed documents of subscriptions, requested by other
// systems by organisation and subscription.
package contractdocs

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/ratelimit"
)

// Dependencies are what the door needs beyond the framework.
type Dependencies struct{ PerAddress ratelimit.Limit }

// handlers serves the operations of the contract documents.
type handlers struct {
	*rest.API
	limits *rest.RateLimits
}

// Mount registers the operations of the contract documents.
func Mount(api *rest.API, dependencies Dependencies) {
	h := &handlers{API: api, limits: rest.NewRateLimits(dependencies.PerAddress, ratelimit.Limit{})}
	h.contractDocumentRoutes()
}
