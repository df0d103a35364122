package rest

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/semaphore"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/telemetry"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// Config is the part of the configuration that the framework reads.
type Config struct {
	Environment config.Environment
	HTTP        config.HTTP
	// TokenSecret is the key of cursors and of the masks of actors in logs.
	TokenSecret   string
	CORSOrigins   []string
	Organisations []string
	Proxies       config.Proxies
	// Exports is the maximum number of concurrent exports.
	Exports int64
}

// Dependencies are what the operations of all doors share.
type Dependencies struct {
	Config  Config
	Pool    *pgxpool.Pool
	Starter *starter.Starter
	Zone    calendar.Zone
	// Now returns the current time, in UTC and whole microseconds as PostgreSQL stores it.
	Now     func() time.Time
	Version string
	// Metrics counts requests and payments; nil counts nothing.
	Metrics *telemetry.Metrics
	// Identities verifies callers' tokens in all environments but local and test. Nil accepts API keys only.
	Identities *identity.Verifier
}

// API answers the API's requests.
type API struct {
	Dependencies
	Queries  *dbsqlc.Queries
	cursors  cursors
	api      huma.API
	document Document
	router   chi.Router
	// exporting bounds the number of concurrent exports.
	exporting *semaphore.Weighted
	// publicPaths and publicPrefixes need no identity. Registering a route adds to them.
	publicPaths    map[string]bool
	publicPrefixes []string
	// localActors are, by path, the actors of requests without an identity in the local environment.
	localActors map[string]identity.Actor
}

// New returns an API without operations, which the doors register.
func New(dependencies Dependencies, document Document) *API {
	server := &API{
		Dependencies: dependencies, Queries: dbsqlc.New(), cursors: newCursors(dependencies.Config.TokenSecret),
		document: document, exporting: starter.Limit(dependencies.Config.Exports),
		publicPaths: map[string]bool{}, publicPrefixes: []string{docsPath + "/", redocPath + "/"}, localActors: map[string]identity.Actor{},
	}
	server.router = chi.NewRouter()
	server.router.Use(identify, server.withErrorFormat, accessLog(dependencies.Config.HTTP.AnswerTimeout, dependencies.Metrics), secure,
		recoverPanics, crossOrigin(dependencies.Config.CORSOrigins), cleanURL, server.authenticate, limitSizes, middleware.GetHead)
	server.router.NotFound(noRoute)
	server.router.MethodNotAllowed(noMethod)
	server.api = humachi.New(server.router, document.openAPI(dependencies.Version))
	server.documentationRoutes()
	return server
}

// Handler returns the handler of all registered operations.
func (a *API) Handler() http.Handler { return a.router }

// Today returns the current business day.
func (a *API) Today() calendar.Date { return a.Zone.DateAt(a.Now()) }

// crossOrigin answers preflight requests before authentication. Without a list of origins it allows
// development servers on localhost.
func crossOrigin(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 {
		origins = []string{"http://localhost:*", "http://127.0.0.1:*"}
	}
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{
			"Authorization", "Content-Type", "Idempotency-Key", "Prefer", "X-Actor-Id", "X-Actor-Roles", headerRequestID,
			"X-Namespace", "Authorization-Extras",
		}, // The Temporal UI sends these two to the codec.
		ExposedHeaders: []string{headerRequestID, "Location", "Retry-After", "Content-Disposition", headerErrorCode},
		MaxAge:         600,
	})
}
