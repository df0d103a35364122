// Package landing is the door of the public landing page: clients subscribe, change their plan and
// download their documents. Callers have no identity; signed tokens stand in for one.
package landing

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/ratelimit"
)

// limits bound the public operations by address and by CIN.
type limits struct{ verify, submit, documentLink, draft, token *rest.RateLimits }

// handlers serves the operations of the landing page.
type handlers struct {
	*rest.API
	limits limits
}

// Mount registers the operations of the landing page.
func Mount(api *rest.API) {
	configured := api.Config.RateLimits
	s := &handlers{API: api, limits: limits{
		verify:       rest.NewRateLimits(configured.VerifyPerAddress, configured.VerifyPerCIN),
		submit:       rest.NewRateLimits(configured.SubmitPerAddress, configured.SubmitPerCIN),
		documentLink: rest.NewRateLimits(configured.LinkPerAddress, configured.LinkPerCIN),
		draft:        rest.NewRateLimits(configured.DraftPerAddress, ratelimit.Limit{}),
		token:        rest.NewRateLimits(configured.TokenPerAddress, ratelimit.Limit{}),
	}}
	api.ServePublicly("/api/v1/landing/")
	s.landingRoutes()
	s.landingSubmitRoutes()
	s.landingDocumentRoutes()
	s.landingDraftRoutes()
	s.landingLookupRoutes()
}
