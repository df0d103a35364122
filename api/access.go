package api

import (
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// access says who may use an operation.
type access string

// Who may use an operation. A role that may do more may also read; an admin may do
// everything.
const (
	public  access = "public"  // without any identity
	anyone  access = "anyone"  // every identity, whatever its roles
	readers access = "readers" // viewer, ops, billing, admin
	writers access = "writers" // ops, admin
	billers access = "billers" // billing, admin
	admins  access = "admins"  // admin
)

// requiredRoles lists the roles of which an actor needs one; an empty list asks for none.
var requiredRoles = map[access][]string{
	public:  {},
	anyone:  {},
	readers: {identity.Viewer, identity.Ops, identity.Billing, identity.Admin},
	writers: {identity.Ops, identity.Admin},
	billers: {identity.Billing, identity.Admin},
	admins:  {identity.Admin},
}

// rolesExtension is the field of an operation's description that lists its roles.
const rolesExtension = "x-required-roles"

// describe adds to an operation's document who may use it. It panics for an access
// that is none of the above: such an operation would be open to everyone.
func (a access) describe(described *huma.Operation) {
	roles, known := requiredRoles[a]
	if !known {
		panic("api: operation " + described.OperationID + " does not say who may use it")
	}
	if a == public {
		return
	}
	described.Security = []map[string][]string{{bearerScheme: {}}}
	if len(roles) > 0 {
		described.Extensions = map[string]any{rolesExtension: roles}
	}
}

// String says who may use an operation, in markdown.
func (a access) String() string {
	switch roles := requiredRoles[a]; {
	case a == public:
		return "Public."
	case len(roles) == 0:
		return "Needs an identity."
	default:
		return fmt.Sprintf("Needs the role `%s`.", strings.Join(roles, "` or `"))
	}
}

// authorize lets an operation run for those alone who may use it. It runs before
// anything of the request is read.
func (s *Server) authorize(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		actor, known := knownActor(ctx.Context())
		switch {
		case op.access == public:
			next(ctx)
		case !known:
			r, w := humachi.Unwrap(ctx)
			refuseIdentity(w, r, identity.ErrInvalid)
		case !s.permits(actor, op.access):
			_, w := humachi.Unwrap(ctx)
			refused := refusal.New(refusal.Forbidden).With("required_roles", requiredRoles[op.access])
			writeEnvelope(w, newEnvelope(ctx.Context(), op.statusOf(refused.Code), refused))
		default:
			next(ctx)
		}
	}
}

// permits reports whether an actor may use operations of an access. Local and test
// let everyone do what is not for admins alone.
func (s *Server) permits(actor identity.Actor, needed access) bool {
	roles := requiredRoles[needed]
	if len(roles) == 0 || s.Config.Environment.TrustsCallers() && needed != admins {
		return true
	}
	return actor.HasAnyRole(roles)
}
