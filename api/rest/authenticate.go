package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ServePublicly makes all paths under a prefix public: an unknown path there is answered with 404
// instead of 401.
func (a *API) ServePublicly(prefix string) { a.publicPrefixes = append(a.publicPrefixes, prefix) }

// TrustLocally assigns an actor to requests without an identity on a path, in the local environment
// only.
func (a *API) TrustLocally(path string, actor identity.Actor) {
	if a.Config.Environment == config.Local {
		a.localActors[path] = actor
	}
}

// authenticate identifies the caller. Except on public paths, it refuses requests without a valid
// identity before it reveals anything else.
//
// Operations that are not public check the actor again, see authorize.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.isPublic(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), a.Config.HTTP.RequestTimeout)
		defer cancel()
		bounded := r.WithContext(ctx)
		actor, err := a.identify(bounded)
		if err != nil {
			refuseIdentity(w, bounded, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(withActor(r.Context(), actor)))
	})
}

// isPublic reports whether a path belongs to a public operation or starts with a public prefix.
func (a *API) isPublic(path string) bool {
	return a.publicPaths[path] || slices.ContainsFunc(a.publicPrefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// identify returns the actor of a request, or identity.ErrInvalid if the request proves none.
//
// API keys are valid in all environments. Local and test also trust the identity that a caller
// claims; other environments require a token of the issuer.
func (a *API) identify(r *http.Request) (identity.Actor, error) {
	token, given := bearer(r)
	if key, ok := apikey.Parse(token); ok {
		return apikey.Authenticate(r.Context(), a.Pool, key, a.Now())
	}
	if actor, local := a.localActors[r.URL.Path]; local && r.Header.Get("Authorization") == "" && r.Header.Get("X-Actor-Id") == "" {
		return actor, nil
	}
	if a.Config.Environment.TrustsCallers() {
		return localActor(r, token)
	}
	if !given || a.Identities == nil {
		return identity.Actor{}, identity.ErrInvalid
	}
	return a.Identities.Verify(r.Context(), token, a.Now())
}

// bearer returns the bearer token of a request and whether it has one.
func bearer(r *http.Request) (token string, given bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.TrimSpace(token)
	return token, token != ""
}

// localActor parses the formats of local and test environments: the bearer "actor_id[:role1,role2]", or X-Actor-Id
// with X-Actor-Roles.
func localActor(r *http.Request, token string) (identity.Actor, error) {
	id, roles := r.Header.Get("X-Actor-Id"), r.Header.Get("X-Actor-Roles")
	if r.Header.Get("Authorization") != "" {
		id, roles, _ = strings.Cut(token, ":")
	}
	id = strings.TrimSpace(id)
	if !identity.ValidID(id) {
		return identity.Actor{}, identity.ErrInvalid
	}
	actor := identity.Actor{ID: id, Roles: []string{}}
	for role := range strings.SplitSeq(roles, ",") {
		if role = strings.TrimSpace(role); role != "" {
			actor.Roles = append(actor.Roles, role)
		}
	}
	return actor, nil
}

// refuseIdentity answers a request without a valid identity. The message is the same for every
// reason, so that it does not help an attacker.
func refuseIdentity(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	switch {
	case errors.Is(err, identity.ErrInvalid):
		slog.DebugContext(ctx, "identity refused", LogRequestID, RequestID(ctx), "reason", err)
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeEnvelope(w, newEnvelope(ctx, http.StatusUnauthorized, refusal.New(refusal.Unauthorized)))
	case errors.Is(err, identity.ErrUnavailable):
		writeEnvelope(w, faultEnvelope(ctx, CodeUnavailable))
	default:
		writeEnvelope(w, newErrorEnvelope(ctx, err))
	}
}
