package billing_test

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

var ctx = context.Background()

// plannedAt is when all runs are planned.
var plannedAt = time.Date(2028, time.January, 31, 23, 30, 0, 0, time.UTC)

// world is a database with clients and what the model knows of them.
type world struct {
	pool    *pgxpool.Pool
	clients []worldClient
}

type worldClient struct {
	id        uuid.UUID
	contracts []*modelContract
	ids       []uuid.UUID
}

// anyWorld draws a catalogue and clients with contracts, and puts them into an emptied database.
func anyWorld(t *rapid.T, pool *pgxpool.Pool) *world {
	w := &world{pool: pool}
	batch := &pgx.Batch{}
	batch.Queue("TRUNCATE clients, offers, billing_runs, invoice_number_sequences, idempotency_keys CASCADE")
	for c := range rapid.IntRange(1, 5).Draw(t, "clients") {
		client := worldClient{id: newID(t)}
		batch.Queue(`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			VALUES ($1, 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z')`, client.id)
		for i, contract := range rapid.SliceOfN(anyModelContract(), 0, 3).Draw(t, "contracts") {
			id, name := newID(t), fmt.Sprintf("%d-%d", c, i)
			status := rapid.SampledFrom([]string{"active", "active", "active", "draft", "suspended", "terminated", "created later"}).Draw(t, "status")
			contract.active = status == "active"
			client.contracts, client.ids = append(client.contracts, contract), append(client.ids, id)
			addContract(batch, client.id, id, name, status, contract)
		}
		w.clients = append(w.clients, client)
	}
	require.NoError(t, pool.SendBatch(ctx, batch).Close())
	return w
}

// addContract adds a contract with an offer and a subscriber of its own.
func addContract(batch *pgx.Batch, client, id uuid.UUID, name, status string, contract *modelContract) {
	createdAt := plannedAt.Add(-time.Hour)
	if status == "created later" {
		status, createdAt = "active", plannedAt.Add(time.Microsecond)
	}
	offer, subscriber := uuid.New(), uuid.New()
	batch.Queue(`INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from,
			mobile_data_gb, internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
		VALUES ($1, 'Offer ' || $2::text, 'mobile', 'mobile', 1, $3, $4, 'active', '2026-01-01', 10, false, false, false, '2026-01-01Z', '2026-01-01Z')`,
		offer, name, contract.fee, contract.activation)
	batch.Queue(`INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
		VALUES ($1, $2, 'mobile', 'SIM ' || $3::text, 'active', '2026-01-01Z', '2026-01-01Z')`, subscriber, client, name)
	batch.Queue(`INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, end_date, activated_at, terminated_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5::text, $6, $7, '2026-01-01Z', CASE WHEN $5::text = 'terminated' THEN timestamptz '2026-01-01Z' END, $8, $8)`,
		id, client, subscriber, offer, status, contract.start, contract.end, createdAt)
}

func newID(t require.TestingT) uuid.UUID {
	return db.NewID()
}

// run plans a run, bills its chunks, each of them twice, and ends it.
func (w *world) run(terms billing.Terms, chunkSize int32, issueDate calendar.Date) (uuid.UUID, error) {
	return w.runHeld(terms, chunkSize, issueDate, func() {})
}

// runHeld is run with something that happens between the plan and the first chunk.
func (w *world) runHeld(terms billing.Terms, chunkSize int32, issueDate calendar.Date, held func()) (uuid.UUID, error) {
	id := uuid.New()
	request, err := idempotency.NewRequest(idempotency.BillingRun, idempotency.Key(id.String()), terms)
	if err != nil {
		return id, err
	}
	var plan billing.Plan
	err = db.InTransaction(ctx, w.pool, func(tx pgx.Tx) (err error) {
		if plan, err = billing.PlanRun(ctx, tx, billing.PlanInput{
			RunID: id, Request: request, Terms: terms, ActorID: "op-1", ChunkSize: chunkSize,
		}, plannedAt); err != nil {
			return err
		}
		_, err = billing.MoveRun(ctx, tx, billing.Move{RunID: id, To: billing.RunRunning, ActorID: billing.RunActor}, plannedAt)
		return err
	})
	held()
	for number := int32(1); number <= plan.ChunkCount && err == nil; number++ {
		err = w.billTwice(billing.ChunkInput{RunID: id, Number: number, IssueDate: issueDate})
	}
	if err != nil {
		return id, err
	}
	return id, w.end(id, request)
}

func (w *world) end(id uuid.UUID, request idempotency.Request) error {
	return db.InTransaction(ctx, w.pool, func(tx pgx.Tx) error {
		_, err := billing.EndRun(ctx, tx, id, request, nil, plannedAt)
		return err
	})
}

// billTwice bills a chunk and repeats it, as after a commit that was not heard of.
func (w *world) billTwice(input billing.ChunkInput) error {
	input.Seller, input.IssuedAt = billing.Seller{Code: "MTF", NumberPrefix: "FA"}, plannedAt
	var results [2]billing.ChunkResult
	for i := range results {
		err := db.InTransaction(ctx, w.pool, func(tx pgx.Tx) (err error) {
			results[i], err = billing.BillChunk(ctx, tx, input)
			return err
		})
		if err != nil {
			return err
		}
	}
	if results[0] != results[1] {
		return fmt.Errorf("a repeated chunk differs: %+v, then %+v", results[0], results[1])
	}
	return nil
}

// retry takes up the runs that have parked clients.
func (w *world) retry(t *rapid.T) (retried []uuid.UUID) {
	for _, run := range w.runs(t) {
		if run.Status != billing.RunCompletedWithFailures {
			continue
		}
		var reopened billing.Reopened
		require.NoError(t, db.InTransaction(ctx, w.pool, func(tx pgx.Tx) (err error) {
			reopened, err = billing.ReopenRun(ctx, tx, billing.Move{RunID: run.ID, To: billing.RunRunning, ActorID: "op-1"}, plannedAt)
			return err
		}))
		for _, number := range reopened.Chunks {
			require.NoError(t, w.billTwice(billing.ChunkInput{
				RunID: run.ID, Number: number, RetryParked: true, IssueDate: calendar.MustParse("2029-01-01"),
			}))
		}
		request, err := idempotency.NewRequest(idempotency.BillingRun, idempotency.Key(run.ID.String()), billing.NewTerms(run))
		require.NoError(t, err)
		require.NoError(t, w.end(run.ID, request))
		retried = append(retried, run.ID)
	}
	return retried
}

func (w *world) runs(t *rapid.T) []dbsqlc.BillingRun {
	rows, err := w.pool.Query(ctx, "SELECT * FROM billing_runs ORDER BY id")
	require.NoError(t, err)
	runs, err := pgx.CollectRows(rows, pgx.RowToStructByName[dbsqlc.BillingRun])
	require.NoError(t, err)
	return runs
}

// copies are the contracts of the client as the model knows them, to be charged apart.
func (c worldClient) copies() []*modelContract {
	var copies []*modelContract
	for _, contract := range c.contracts {
		one := *contract
		one.charged = maps.Clone(contract.charged)
		copies = append(copies, &one)
	}
	return copies
}
