// Package landing is the door of the public landing page: clients subscribe, change their plan, and
// download their documents. Callers have no identity; signed tokens replace it.
package landing

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/ratelimit"
	"github.com/mtfacturation/mtf/internal/token"
)

// Dependencies are what the landing page needs beyond the framework.
type Dependencies struct {
	Documents *documents.Service
	Tokens    *token.Signer
	Limits    config.RateLimits
}

// limits bound the public operations by address and by CIN.
type limits struct{ verify, submit, documentLink, draft, token *rest.RateLimits }

// handlers serves the operations of the landing page.
type handlers struct {
	*rest.API
	Dependencies
	limits limits
}

// Mount registers the operations of the landing page.
func Mount(api *rest.API, dependencies Dependencies) {
	configured := dependencies.Limits
	h := &handlers{API: api, Dependencies: dependencies, limits: limits{
		verify:       rest.NewRateLimits(configured.VerifyPerAddress, configured.VerifyPerCIN),
		submit:       rest.NewRateLimits(configured.SubmitPerAddress, configured.SubmitPerCIN),
		documentLink: rest.NewRateLimits(configured.LinkPerAddress, configured.LinkPerCIN),
		draft:        rest.NewRateLimits(configured.DraftPerAddress, ratelimit.Limit{}),
		token:        rest.NewRateLimits(configured.TokenPerAddress, ratelimit.Limit{}),
	}}
	api.ServePublicly("/api/v1/landing/")
	h.landingRoutes()
	h.landingSubmitRoutes()
	h.landingDocumentRoutes()
	h.landingDraftRoutes()
	h.landingLookupRoutes()
}
