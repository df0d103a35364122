// Package app puts the program together: it opens what the parts need, starts the
// API and the workers, and stops them in order.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/loopback"
	"github.com/mtfacturation/mtf/internal/notify"
	"github.com/mtfacturation/mtf/internal/telemetry"
	"github.com/mtfacturation/mtf/internal/token"
	"github.com/mtfacturation/mtf/workflows"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// App holds what the API and the workers share.
type App struct {
	Config    config.Config
	Pool      *pgxpool.Pool
	Temporal  client.Client
	Documents *documents.Service
	Starter   *starter.Starter
	Schedules *starter.Schedules
	Zone      calendar.Zone
	Now       func() time.Time
	// Metrics is nil if metrics are off.
	Metrics *telemetry.Metrics

	tracing          *telemetry.Tracing
	metricsListening net.Addr
}

// Clock is the real time, in UTC and whole microseconds as PostgreSQL keeps it.
func Clock() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// TemporalOptions reads the SDK's own TEMPORAL_* settings.
func TemporalOptions() (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("app: TEMPORAL_* settings: %w", err)
	}
	return options, nil
}

// Open connects to PostgreSQL and Temporal. The database must have been migrated.
// The caller closes the app.
func Open(ctx context.Context, settings config.Config, temporal client.Options) (*App, error) {
	zone, err := calendar.LoadZone(settings.TimeZone)
	if err != nil {
		return nil, err
	}
	a := &App{Config: settings, Zone: zone, Now: Clock}
	if err := a.open(ctx, temporal); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// open opens the parts in the order of their dependencies.
func (a *App) open(ctx context.Context, temporal client.Options) (err error) {
	if err := a.openTelemetry(ctx); err != nil {
		return err
	}
	if a.Pool, err = openDatabase(ctx, a.Config, a.tracing); err != nil {
		return err
	}
	if err := a.connect(ctx, temporal); err != nil {
		return err
	}
	return a.watch()
}

// OpenDatabase connects to PostgreSQL alone; it must have been migrated, which
// db.ErrNotMigrated says when it was not. The caller closes the pool.
func OpenDatabase(ctx context.Context, settings config.Config) (*pgxpool.Pool, error) {
	return openDatabase(ctx, settings, nil)
}

func openDatabase(ctx context.Context, settings config.Config, tracing *telemetry.Tracing) (*pgxpool.Pool, error) {
	if err := settings.RequireDatabase(); err != nil {
		return nil, err
	}
	if err := db.CheckMigrated(ctx, settings.DatabaseURL); err != nil {
		return nil, err
	}
	return db.OpenTraced(ctx, settings.DatabaseURL, tracing.Statements())
}

func (a *App) connect(ctx context.Context, temporal client.Options) error {
	store, err := openStore(ctx, a.Config)
	if err != nil {
		return err
	}
	a.Documents, err = documents.Open(ctx, a.Pool, a.Metrics.Documents(store), a.Config.Seller.Letterhead(), a.Zone, a.Now())
	if err != nil {
		return err
	}
	temporal.Logger = log.NewStructuredLogger(slog.Default())
	a.Config.PayloadKeys.Apply(&temporal)
	if onThisMachine(temporal.HostPort) {
		temporal.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	if err := a.observeTemporal(&temporal); err != nil {
		return err
	}
	a.Temporal, err = client.DialContext(ctx, temporal)
	if err != nil {
		return fmt.Errorf("app: Temporal at %s: %w", temporal.HostPort, err)
	}
	if err := a.checkNamespace(ctx, cmp.Or(temporal.Namespace, client.DefaultNamespace)); err != nil {
		return err
	}
	if err := a.ensureSearchAttributes(ctx, temporal.Namespace); err != nil {
		return err
	}
	a.Starter = starter.New(a.Temporal, a.Pool, starter.Settings{
		Admission: starter.Admission{
			workflows.InteractiveQueue: starter.Limit(a.Config.Admission.Interactive),
			workflows.BillingQueue:     starter.Limit(a.Config.Admission.Billing),
		},
		StartTimeout:   a.Config.HTTP.StartTimeout,
		Converter:      temporal.DataConverter,
		WithoutDunning: !a.Config.Dunning.Enabled,
		Billing: starter.Billing{
			ChunkClients: a.Config.Billing.ChunkClients, Concurrency: a.Config.Billing.Concurrency, Bounds: a.Config.Billing.Bounds(),
		},
	})
	a.Schedules = starter.NewSchedules(a.Temporal, a.schedules()...)
	return nil
}

// checkNamespace returns an error when the namespace does not exist: a program that came
// up without it would be ready and answer every submit with a fault.
func (a *App) checkNamespace(ctx context.Context, name string) error {
	_, err := a.Temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: name})
	if _, missing := errors.AsType[*serviceerror.NamespaceNotFound](err); missing {
		return fmt.Errorf("app: Temporal has no namespace %q: create it, or set TEMPORAL_NAMESPACE", name)
	}
	if err != nil {
		return fmt.Errorf("app: Temporal's namespace %q: %w", name, err)
	}
	return nil
}

// onThisMachine reports whether an address is a loopback one, where compressing what
// is sent costs more than it saves.
func onThisMachine(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopback.Host(host)
}

// Close gives back what Open took.
func (a *App) Close() {
	if a.Temporal != nil {
		a.Temporal.Close()
	}
	if a.Pool != nil {
		a.Pool.Close()
	}
	a.stopTracing()
}

// Ready returns nil when both PostgreSQL and Temporal answer.
func (a *App) Ready(ctx context.Context) error {
	return errors.Join(a.Pool.Ping(ctx), a.pingTemporal(ctx))
}

// pingTemporal returns nil when Temporal answers.
func (a *App) pingTemporal(ctx context.Context) error {
	_, err := a.Temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// activities returns what the workers run.
func (a *App) activities() (*activities.Activities, error) {
	notifier, err := openNotifier(a.Config.Notify)
	if err != nil {
		return nil, err
	}
	return &activities.Activities{
		Pool:      a.Pool,
		Documents: a.Documents,
		Landing:   landing.NewService(a.Documents),
		Seller:    a.Config.Seller.Issuer(),
		Zone:      a.Zone,
		Now:       a.Now,

		FaultyAttempts: a.Config.Billing.FaultyAttempts,
		StartMonth:     a.Starter.BillMonth,
		Dunning: activities.Dunning{
			Enabled: a.Config.Dunning.Enabled, Hours: a.Config.Dunning.Hours(a.Zone),
			Notifier: a.Metrics.Notifications(notifier), Seller: a.Config.Seller.Letterhead(),
			Wake: a.Starter.WakeDunning, StartsPerSecond: a.Config.Dunning.StartsPerSecond,
		},
	}, nil
}

// openNotifier returns the notifier that the settings name.
func openNotifier(settings config.Notify) (notify.Notifier, error) {
	if settings.By == config.NotifyBySMTP {
		return notify.NewSMTP(settings.SMTP())
	}
	return notify.NewLog(settings.LogFile)
}

// tokens returns the signer of the landing pages' links.
func (a *App) tokens() (*token.Signer, error) { return token.NewSigner(a.Config.TokenSecret) }
