package rest

import (
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Access is the group of callers that may use an operation.
type Access string

// The access groups. Every role may read, and an admin may do everything.
const (
	Public        Access = "public"  // no identity required
	Authenticated Access = "anyone"  // any identity, regardless of roles
	Readers       Access = "readers" // viewer, ops, billing, admin
	Writers       Access = "writers" // ops, admin
	Billers       Access = "billers" // billing, admin
	Admins        Access = "admins"  // admin
)

// requiredRoles lists the roles of which an actor needs one; an empty list requires none.
var requiredRoles = map[Access][]string{
	Public:        {},
	Authenticated: {},
	Readers:       {identity.Viewer, identity.Ops, identity.Billing, identity.Admin},
	Writers:       {identity.Ops, identity.Admin},
	Billers:       {identity.Billing, identity.Admin},
	Admins:        {identity.Admin},
}

// rolesExtension is the field of an operation's description that lists its roles.
const rolesExtension = "x-required-roles"

// describe adds the access to an operation's description. It panics for an unknown access, which
// would leave the operation open to everyone.
func (a Access) describe(described *huma.Operation) {
	roles, known := requiredRoles[a]
	if !known {
		panic("api: operation " + described.OperationID + " does not say who may use it")
	}
	if a == Public {
		return
	}
	described.Security = []map[string][]string{{bearerScheme: {}}}
	if len(roles) > 0 {
		described.Extensions = map[string]any{rolesExtension: roles}
	}
}

// String describes the access in Markdown.
func (a Access) String() string {
	switch roles := requiredRoles[a]; {
	case a == Public:
		return "Public."
	case len(roles) == 0:
		return "Requires an identity."
	default:
		return fmt.Sprintf("Requires the role `%s`.", strings.Join(roles, "` or `"))
	}
}

// authorize refuses callers without access to an operation, before the request is read.
func (a *API) authorize(op Operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		actor, known := knownActor(ctx.Context())
		switch {
		case op.Access == Public:
			next(ctx)
		case !known:
			r, w := humachi.Unwrap(ctx)
			refuseIdentity(w, r, identity.ErrInvalid)
		case !a.permits(actor, op.Access):
			_, w := humachi.Unwrap(ctx)
			refused := refusal.New(refusal.Forbidden).With("required_roles", requiredRoles[op.Access])
			writeEnvelope(w, newEnvelope(ctx.Context(), op.statusOf(refused.Code), refused))
		default:
			next(ctx)
		}
	}
}

// permits reports whether an actor has an access. In local and test environments every actor has
// every access except Admins.
func (a *API) permits(actor identity.Actor, needed Access) bool {
	roles := requiredRoles[needed]
	if len(roles) == 0 || a.Config.Environment.TrustsCallers() && needed != Admins {
		return true
	}
	return actor.HasAnyRole(roles)
}
