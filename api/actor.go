package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Actor is who makes a request.
type Actor struct {
	ID    string
	Roles []string
}

// HasRole reports whether the actor has a role.
func (a Actor) HasRole(role string) bool { return slices.Contains(a.Roles, role) }

type actorKey struct{}

// actorOf returns the actor of a request behind authentication.
func actorOf(ctx context.Context) Actor {
	actor, _ := ctx.Value(actorKey{}).(Actor)
	return actor
}

const (
	maxActorIDLength = 128
	landingPrefix    = "/api/v1/landing/"
)

// publicPaths need no identity, besides everything under landingPrefix, docsPath and redocPath.
var publicPaths = []string{"/", "/livez", "/readyz", "/api/v1/health", docsPath, redocPath, documentJSON, documentYAML}

// authenticate finds out who makes a request and refuses those that say nothing.
//
// The local formats believe what the caller says, so they are only accepted in the
// local and test environments.
func authenticate(environment config.Environment) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isPublic(r.URL.Path) {
				next.ServeHTTP(w, r)
				return
			}
			actor, ok := sayso(r)
			if !ok || !environment.TrustsCallers() {
				w.Header().Set("WWW-Authenticate", "Bearer")
				writeEnvelope(w, newEnvelope(r.Context(), http.StatusUnauthorized, refusal.New(refusal.Unauthorized)))
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, actor)))
		})
	}
}

func isPublic(path string) bool {
	return slices.Contains(publicPaths, path) || strings.HasPrefix(path, landingPrefix) ||
		strings.HasPrefix(path, docsPath+"/") || strings.HasPrefix(path, redocPath+"/")
}

// sayso reads the local formats: "Bearer actor_id[:role1,role2]", or X-Actor-Id with X-Actor-Roles.
func sayso(r *http.Request) (Actor, bool) {
	id, roles := r.Header.Get("X-Actor-Id"), r.Header.Get("X-Actor-Roles")
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return Actor{}, false
		}
		id, roles, _ = strings.Cut(strings.TrimSpace(token), ":")
	}
	id = strings.TrimSpace(id)
	if id == "" || len(id) > maxActorIDLength || !printable(id) {
		return Actor{}, false
	}
	actor := Actor{ID: id, Roles: []string{}}
	for role := range strings.SplitSeq(roles, ",") {
		if role = strings.TrimSpace(role); role != "" {
			actor.Roles = append(actor.Roles, role)
		}
	}
	return actor, true
}
