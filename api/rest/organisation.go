package rest

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// OrganisationParameter is the path parameter of an organisation. Operations with this parameter
// require that the caller may act for the organisation.
const OrganisationParameter = "{org}"

// OrganisationPath is the path of an organisation of the operator.
type OrganisationPath struct {
	Organisation string `path:"org" doc:"The organisation of the operator on whose behalf the caller acts." example:"mtf"`
}

// authorizeOrganisation refuses callers who may not act for the organisation in the path. An unknown
// organisation is refused in the same way.
func (a *API) authorizeOrganisation(op Operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		organisation := ctx.Param("org")
		if slices.Contains(a.Config.Organisations, organisation) && Caller(ctx.Context()).ActsFor(organisation) {
			next(ctx)
			return
		}
		_, w := humachi.Unwrap(ctx)
		refused := refusal.New(refusal.OrganisationForbidden)
		writeEnvelope(w, newEnvelope(ctx.Context(), op.statusOf(refused.Code), refused))
	}
}
