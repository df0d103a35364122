package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

const (
	// recent is the maximum age of the runs whose backlog is reported. At two months, a monthly
	// run is still reported after the next one.
	recent = 62 * 24 * time.Hour
	// documentDelay is the time after the issue of an invoice before its document counts as missing.
	documentDelay = 10 * time.Minute
)

// businessState is the state of the business in the database. All OS processes that share a
// database report the same state.
type businessState struct {
	// runs, and those of them that wait for an approval.
	runs map[vocabulary.RunStatus]int64
	held int64
	// invoices and billed are the number and the total of the invoices that all runs have issued.
	invoices int64
	billed   money.Amount
	progress dbsqlc.TelemetryBillingProgressRow
	// progressed is the time of the last progress of the running run that has waited longest. It is zero if no run is
	// running.
	progressed time.Time

	monthBilled      bool
	missingDocuments int64
	failedClients    int64
	syncLag          time.Duration
	// overdue maps each aging bucket to its active collection cases.
	overdue map[string]owed
	totals  []dbsqlc.TelemetryListTotalListRow
}

// owed is a number of collection cases and their total balance.
type owed struct {
	cases  int64
	amount money.Amount
}

// readState runs a few short queries on indexes, on maintained totals, and on the unfinished runs
// and their chunks. All queries use one snapshot. Otherwise, a run that ends between two queries
// would be counted twice or not at all.
func readState(ctx context.Context, pool *pgxpool.Pool, zone calendar.Zone, now time.Time) (businessState, error) {
	s := businessState{runs: map[vocabulary.RunStatus]int64{}, overdue: map[string]owed{}}
	err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return errors.Join(s.readRuns(ctx, tx), s.readBacklog(ctx, tx, zone.DateAt(now), now), s.readCollections(ctx, tx, zone, now))
	})
	if err != nil {
		return s, fmt.Errorf("telemetry: read state: %w", err)
	}
	return s, nil
}

// readRuns reads the runs and how far those under way have come.
func (s *businessState) readRuns(ctx context.Context, tx dbsqlc.DBTX) (err error) {
	queries := dbsqlc.New()
	rows, err := queries.TelemetryBillingRunListByStatus(ctx, tx)
	if err != nil {
		return err
	}
	if s.progress, err = queries.TelemetryBillingProgress(ctx, tx); err != nil {
		return err
	}
	s.invoices, s.billed = s.progress.InvoiceCount, s.progress.TotalAmount
	for _, row := range rows {
		s.runs[row.Status] = row.RunCount
		s.held += row.HeldCount
		s.invoices += row.InvoiceCount
		s.billed += row.TotalAmount
	}
	progressed, err := queries.TelemetryBillingRunListProgressed(ctx, tx)
	for _, at := range progressed {
		if s.progressed.IsZero() || at.Before(s.progressed) {
			s.progressed = at
		}
	}
	return err
}

// readBacklog reads the remaining work of recent runs.
func (s *businessState) readBacklog(ctx context.Context, tx dbsqlc.DBTX, today calendar.Date, now time.Time) (err error) {
	queries, from, settled := dbsqlc.New(), now.Add(-recent), now.Add(-documentDelay)
	s.missingDocuments, err = queries.TelemetryMissingDocuments(ctx, tx, dbsqlc.TelemetryMissingDocumentsParams{PlannedFrom: from, BilledBefore: &settled})
	if err != nil {
		return err
	}
	if s.failedClients, err = queries.TelemetryFailedClientCount(ctx, tx, from); err != nil {
		return err
	}
	before := calendar.MonthOf(today.FirstOfMonth().AddDays(-1))
	s.monthBilled, err = queries.TelemetryMonthIsBilled(ctx, tx, dbsqlc.TelemetryMonthIsBilledParams{FirstDay: before.Start, LastDay: before.End})
	return err
}

// readCollections reads what is owed, and how far behind the business day collections are.
func (s *businessState) readCollections(ctx context.Context, tx dbsqlc.DBTX, zone calendar.Zone, now time.Time) error {
	queries := dbsqlc.New()
	due, err := queries.TelemetryInvoiceEarliestDue(ctx, tx)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err == nil {
		// It became overdue when the day after its due date began.
		s.syncLag = max(0, now.Sub(zone.At(due.AddDays(1), 0)))
	}
	today := zone.DateAt(now)
	worked, err := queries.CollectionCaseTotalListActive(ctx, tx, today)
	if err != nil {
		return err
	}
	for _, row := range worked {
		bucket := collections.AgingBucket(today.DaysSince(row.DueDate))
		sum := s.overdue[bucket]
		s.overdue[bucket] = owed{sum.cases + row.CaseCount, sum.amount + row.OutstandingAmount}
	}
	s.totals, err = queries.TelemetryListTotalList(ctx, tx)
	return err
}
