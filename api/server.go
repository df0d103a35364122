// Package api is the HTTP door: it checks requests, starts or asks workflows, reads
// rows, and answers in the words of the API contract.
//
// Each resource has a file with its routes, what it looks like on the wire, and its
// handlers, in this order.
package api

import (
	"context"
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
	"github.com/mtfacturation/mtf/internal/archive"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/process"
	"github.com/mtfacturation/mtf/internal/telemetry"
	"github.com/mtfacturation/mtf/internal/token"
)

// Dependencies are what the API works with.
type Dependencies struct {
	Config    config.Config
	Pool      *pgxpool.Pool
	Processes *process.Starter
	Timetable *process.Timetable
	Archive   *archive.Archive
	Tokens    *token.Signer
	Zone      calendar.Zone
	// Now tells the time, in UTC and whole microseconds as PostgreSQL keeps them.
	Now func() time.Time
	// Ready returns nil once requests will be served.
	Ready   func(context.Context) error
	Version string
	// Metrics counts requests and payments; nil counts nothing.
	Metrics *telemetry.Metrics

	// Identities checks the tokens of callers outside local and test; nil leaves API keys alone.
	Identities *identity.Verifier
}

// Server answers the API's requests.
type Server struct {
	Dependencies
	queries  *dbsqlc.Queries
	cursors  cursors
	overdue  *collections.Gate
	api      huma.API
	limiters map[limitKind]limiters
	// previews has a place for each preview that is computed at the moment.
	previews chan struct{}
	// exporting bounds how many exports are sent at once.
	exporting *semaphore.Weighted
	// exports are the paths of the exports by those of their lists. They are collected as
	// the routes are added.
	exports map[string]string
	// publicPaths need no identity. They are collected as the routes are added.
	publicPaths map[string]bool
}

// NewHandler returns the whole API.
func NewHandler(dependencies Dependencies) http.Handler {
	server := &Server{
		Dependencies: dependencies, queries: dbsqlc.New(), cursors: newCursors(dependencies.Config.TokenSecret),
		overdue:   collections.NewGate(dependencies.Pool, dependencies.joinSync, dependencies.Config.HTTP.SyncTimeout),
		previews:  make(chan struct{}, maxPreviews),
		exporting: process.Limit(dependencies.Config.Admission.Exports), exports: map[string]string{},
		limiters: newLimiters(dependencies.Config.RateLimits), publicPaths: map[string]bool{},
	}
	router := chi.NewRouter()
	router.Use(identify, speak, accessLog(dependencies.Config.HTTP.AnswerTimeout, dependencies.Metrics), secure, recoverPanics, crossOrigin(dependencies.Config.CORSOrigins), cleanURL,
		server.authenticate, limitSizes, server.negotiateExports, middleware.GetHead)
	router.NotFound(noRoute)
	router.MethodNotAllowed(noMethod)

	server.api = humachi.New(router, openAPI(dependencies.Version))
	server.documentationRoutes(router)
	server.healthRoutes()
	server.identityRoutes()
	server.customerRoutes()
	server.subscriberRoutes()
	server.offerRoutes()
	server.offerCategoryRoutes()
	server.contractRoutes()
	server.contractChangeRoutes()
	server.contractDocumentRoutes()
	server.provisioningRoutes()
	server.landingRoutes()
	server.landingSubmitRoutes()
	server.landingDocumentRoutes()
	server.landingDraftRoutes()
	server.landingLookupRoutes()
	server.billingRunRoutes()
	server.billingRunCommandRoutes()
	server.billingRunListRoutes()
	server.billingPreviewRoutes()
	server.invoiceRoutes()
	server.invoiceVoidRoutes()
	server.invoiceAuditRoutes()
	server.paymentRoutes()
	server.paymentApprovalRoutes()
	server.paymentReversalRoutes()
	server.collectionCaseRoutes()
	server.collectionCaseChangeRoutes()
	server.collectionOverviewRoutes()
	server.agingRoutes()
	server.collectionDunningRoutes()
	server.scheduleRoutes()
	server.codecRoutes()
	server.ledgerEventRoutes()
	server.ledgerContractRoutes()
	server.ledgerPricingRoutes()
	server.ledgerConfigurationRoutes()
	return router
}

// today is the business day.
func (s *Server) today() calendar.Date { return s.Zone.DateAt(s.Now()) }

// crossOrigin answers preflights before anything asks who is calling. Without a
// list of origins, the development servers on localhost are let in.
func crossOrigin(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 {
		origins = []string{"http://localhost:*", "http://127.0.0.1:*"}
	}
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key", "Prefer", "X-Actor-Id", "X-Actor-Roles", headerRequestID,
			"X-Namespace", "Authorization-Extras"}, // The Temporal UI sends these two to the codec.
		ExposedHeaders: []string{headerRequestID, "Location", "Retry-After", "Content-Disposition", headerErrorCode},
		MaxAge:         600,
	})
}
