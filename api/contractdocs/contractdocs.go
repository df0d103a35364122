// Package contractdocs is the door of the contract document API, /v2: signed documents of subscriptions, requested by other
// systems by organisation and subscription.
package contractdocs

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/ratelimit"
)

// handlers serves the operations of the contract documents.
type handlers struct {
	*rest.API
	limits *rest.RateLimits
}

// Mount registers the operations of the contract documents.
func Mount(api *rest.API) {
	s := &handlers{API: api, limits: rest.NewRateLimits(api.Config.RateLimits.ContractDocumentsPerAddress, ratelimit.Limit{})}
	s.contractDocumentRoutes()
}
