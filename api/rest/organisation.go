package rest

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// OrganisationParameter is the parameter of the path that names an organisation of the
// operator. Operations that have it are open to who may act for the organisation.
const OrganisationParameter = "{org}"

// OrganisationPath names an organisation of the operator.
type OrganisationPath struct {
	Organisation string `path:"org" doc:"The organisation of the operator on whose behalf the caller acts." example:"mtf"`
}

// authorizeOrganisation lets an operation run for those alone who may act for the
// organisation in its path. One that there is not is answered as one that the caller
// may not act for.
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
