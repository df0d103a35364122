package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

const (
	// stateTimeout is the maximum time that a scrape waits for the database.
	stateTimeout = 3 * time.Second
	// stateAge is the maximum age of a cached state. It limits the rate of database reads,
	// independently of the number of scrapes.
	stateAge = 10 * time.Second
)

// stateMetrics are the metrics that are read from the database.
var stateMetrics = struct {
	up, runs, held, chunks, progressed, invoices, billed, monthBilled *prometheus.Desc
	missing, failedClients, syncLag, cases, overdue, rows             *prometheus.Desc
}{
	up:         describe("mtf_state_up", "Whether the database could be read; the other metrics read from it are missing if not."),
	runs:       describe("mtf_billing_runs", "Billing runs by status.", "status"),
	held:       describe("mtf_billing_runs_held", "Planned runs that wait for an operator's approval."),
	chunks:     describe("mtf_billing_chunks", "Chunks of open runs by state: planned, then billed, then documented.", "state"),
	progressed: describe("mtf_billing_progress_timestamp_seconds", "Time of the last progress of the run that has waited longest; 0 if none is running."),
	invoices:   describe("mtf_invoices_issued_total", "Invoices that all runs have issued."),
	billed:     describe("mtf_billed_centimes_total", "Total of those invoices with tax, in centimes."),
	monthBilled: describe("mtf_billing_previous_month_billed",
		"Whether a run of the whole previous month has ended."),
	missing:       describe("mtf_invoice_documents_missing", "Invoices of recent runs that have no document after ten minutes."),
	failedClients: describe("mtf_billing_failed_clients", "Clients of recent runs that could not be billed."),
	syncLag:       describe("mtf_collections_sync_lag_seconds", "Time since the earliest unmarked invoice became overdue; 0 if all are marked."),
	cases:         describe("mtf_collection_cases", "Collection cases that are worked on, by aging bucket.", "bucket"),
	overdue:       describe("mtf_overdue_centimes", "Outstanding amount of those cases, in centimes.", "bucket"),
	rows:          describe("mtf_records", "Number of records.", "kind"),
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// stateCollector reads the state on a scrape, and caches it for stateAge.
type stateCollector struct {
	pool *pgxpool.Pool
	zone calendar.Zone
	now  func() time.Time

	mu     sync.Mutex
	read   time.Time
	latest businessState
	err    error
}

// WatchState publishes metrics of the business state in the database. The function now supplies
// the current time.
func (m *Metrics) WatchState(pool *pgxpool.Pool, zone calendar.Zone, now func() time.Time) {
	if m != nil {
		m.registry.MustRegister(&stateCollector{pool: pool, zone: zone, now: now})
	}
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- stateMetrics.up
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(metrics chan<- prometheus.Metric) {
	known, err := c.state()
	report := func(about *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(about, kind, value, labels...)
	}
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	report(stateMetrics.up, gauge, truth(err == nil))
	if err != nil {
		return
	}
	for _, status := range vocabulary.RunStatuses() {
		report(stateMetrics.runs, gauge, float64(known.runs[status]), string(status))
	}
	report(stateMetrics.held, gauge, float64(known.held))
	report(stateMetrics.chunks, gauge, float64(known.progress.PlannedChunks), "planned")
	report(stateMetrics.chunks, gauge, float64(known.progress.BilledChunks), "billed")
	report(stateMetrics.chunks, gauge, float64(known.progress.DocumentedChunks), "documented")
	report(stateMetrics.progressed, gauge, seconds(known.progressed))
	report(stateMetrics.invoices, counter, float64(known.invoices))
	report(stateMetrics.billed, counter, float64(known.billed))
	report(stateMetrics.monthBilled, gauge, truth(known.monthBilled))
	report(stateMetrics.missing, gauge, float64(known.missingDocuments))
	report(stateMetrics.failedClients, gauge, float64(known.failedClients))
	report(stateMetrics.syncLag, gauge, known.syncLag.Seconds())
	for _, bucket := range collections.AgingBuckets() {
		report(stateMetrics.cases, gauge, float64(known.overdue[bucket].cases), bucket)
		report(stateMetrics.overdue, gauge, float64(known.overdue[bucket].amount), bucket)
	}
	for _, total := range known.totals {
		report(stateMetrics.rows, gauge, float64(total.Total), total.List)
	}
}

// state returns the cached state, or reads it from the database if the cache is older than
// stateAge. Concurrent scrapes wait for one read.
func (c *stateCollector) state() (businessState, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.read) < stateAge {
		return c.latest, c.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stateTimeout)
	defer cancel()
	c.latest, c.err = readState(ctx, c.pool, c.zone, c.now())
	c.read = time.Now()
	if c.err != nil {
		slog.WarnContext(ctx, "cannot read the state of the business", "error", db.Scrub(c.err))
	}
	return c.latest, c.err
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds is an instant as Prometheus counts it, 0 for none.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
