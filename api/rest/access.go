package rest

import (
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Access says who may use an operation.
type Access string

// Who may use an operation. A role that may do more may also read; an admin may do
// everything.
const (
	Public        Access = "public"  // without any identity
	Authenticated Access = "anyone"  // every identity, whatever its roles
	Readers       Access = "readers" // viewer, ops, billing, admin
	Writers       Access = "writers" // ops, admin
	Billers       Access = "billers" // billing, admin
	Admins        Access = "admins"  // admin
)

// requiredRoles lists the roles of which an actor needs one; an empty list asks for none.
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

// describe adds to an operation's document who may use it. It panics for an access
// that is none of the above: such an operation would be open to everyone.
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

// String says who may use an operation, in markdown.
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

// authorize lets an operation run for those alone who may use it. It runs before
// anything of the request is read.
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

// permits reports whether an actor may use operations of an access. Local and test
// let everyone do what is not for admins alone.
func (a *API) permits(actor identity.Actor, needed Access) bool {
	roles := requiredRoles[needed]
	if len(roles) == 0 || a.Config.Environment.TrustsCallers() && needed != Admins {
		return true
	}
	return actor.HasAnyRole(roles)
}
