package starter

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/semaphore"
)

// DefaultWait is how long a caller waits for an answer unless the caller sets a wait.
const DefaultWait = 20 * time.Second

// Starter starts workflows and waits for them. It is safe for concurrent use.
type Starter struct {
	temporal client.Client
	pool     *pgxpool.Pool
	settings Settings
	// waiting ends when the API stops.
	waiting context.Context
	stop    context.CancelFunc
	nudges  *semaphore.Weighted
}

// Settings configure a Starter.
type Settings struct {
	Admission Admission
	// StartTimeout limits the lookup of a stored answer and the start of a workflow. It does not
	// depend on the wait for the answer.
	StartTimeout time.Duration
	// Converter reads the memos that the client wrote; nil means the SDK's default converter.
	Converter converter.DataConverter
	// WithoutDunning prevents the start of dunning workflows. Running ones are still signaled.
	WithoutDunning bool
	Billing        Billing
}

// New returns a starter for one Temporal namespace and one database.
func New(temporal client.Client, pool *pgxpool.Pool, settings Settings) *Starter {
	waiting, stop := context.WithCancel(context.Background())
	if settings.Converter == nil {
		settings.Converter = converter.GetDefaultDataConverter()
	}
	return &Starter{
		temporal: temporal, pool: pool, settings: settings, waiting: waiting, stop: stop,
		nudges: semaphore.NewWeighted(maxNudges),
	}
}

// StopWaiting ends every wait with ErrPending, so that a stopping API releases its callers. The
// workflows continue.
func (s *Starter) StopWaiting() { s.stop() }
