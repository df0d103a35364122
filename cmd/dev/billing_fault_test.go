package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/port"
	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/seed"
)

// TestFault_BillingRunSurvivesTotalKill kills the API, the workers, Temporal and PostgreSQL in the middle of a billing
// run. After a restart, without any request, the system must finish the run.
func TestFault_BillingRunSurvivesTotalKill(t *testing.T) {
	t.Parallel()
	const clients = 1500
	s := newSite(t)
	first := s.startServing(t)
	today := calendar.MustParse("2026-11-22")
	pool := s.database(t)
	_, err := seed.Load(t.Context(), pool, seed.Options{
		Clients: clients, Seed: 7, Today: today, Now: time.Date(2026, time.November, 22, 9, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)

	month := calendar.MustParse("2026-10-15")
	run := apiclient.BillingRun{PeriodStart: month.FirstOfMonth(), PeriodEnd: month.LastOfMonth(), DueDays: 15, TaxRate: 200_000}
	api := s.api()
	subscription, key := s.newSubscription(t, api), "subscription-before-the-fall"
	acknowledged := submit(t, api, subscription, key)
	started, err := api.Do(t.Context(), http.MethodPost, "/api/v1/billing/runs", run, nil,
		"Idempotency-Key", "monthly-2026-10", "Prefer", "respond-async")
	require.NoError(t, err)
	location := started.Header.Get("Location")
	billed := s.waitForHalf(t, api, location)
	postmaster := s.postmaster(t)
	require.NoError(t, syscall.Kill(postmaster, syscall.SIGKILL))
	first.kill()
	pool.Close()
	t.Logf("killed with %d clients billed", billed)

	s.startServing(t)
	final := s.waitForEnd(t, api, location)
	require.Equal(t, "completed", final.Status)
	s.requireBilledOnce(t, run, final)
	s.requireDocuments(t)
	again := submit(t, api, subscription, key)
	require.True(t, again.IdempotencyReplayed)
	require.Equal(t, acknowledged.Contract.ID, again.Contract.ID)
}

// startServing runs mtf-dev run with small chunks and returns once the API serves.
func (s site) startServing(t *testing.T) *child {
	t.Helper()
	c := s.startWith(t, []string{"MTF_BILLING_CHUNK_CLIENTS=25"}, "run")
	c.waitFor(`ready: API http://127\.0\.0\.1:` + s.apiPort)
	return c
}

func (s site) api() *apiclient.Client {
	return apiclient.New("http://"+port.Loopback+":"+s.apiPort, "test:ops,billing")
}

// database connects to the site's application database with the password that the stack keeps.
func (s site) database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return s.databaseNamed(t, "mtf")
}

// databaseNamed is database for one of the others on the site's PostgreSQL.
func (s site) databaseNamed(t *testing.T, name string) *pgxpool.Pool {
	t.Helper()
	password, err := os.ReadFile(filepath.Join(s.dataDir, "postgres", "password"))
	require.NoError(t, err)
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword("mtf", strings.TrimSpace(string(password))),
		Host: port.Loopback + ":" + s.postgresPort, Path: "/" + name,
	}
	pool, err := pgxpool.New(t.Context(), address.String())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

type submission struct {
	Contract struct {
		ID string `json:"id"`
	} `json:"contract"`
	IdempotencyReplayed bool `json:"idempotency_replayed"`
}

func (s site) newSubscription(t *testing.T, api *apiclient.Client) map[string]any {
	t.Helper()
	var page struct {
		OfferCategories []struct {
			Offers []struct {
				ID string `json:"id"`
			} `json:"offers"`
		} `json:"offer_categories"`
	}
	_, err := api.Do(t.Context(), http.MethodGet, "/api/v1/landing/bootstrap", nil, &page)
	require.NoError(t, err)
	return map[string]any{
		"service_category": "mobile", "offer_id": page.OfferCategories[0].Offers[0].ID, "cin": "FALL0001",
		"full_name": "Nadia Berrada", "contract_start_date": "2026-11-22", "mobile_number_mode": "assign_new",
	}
}

func submit(t *testing.T, api *apiclient.Client, subscription map[string]any, key string) submission {
	t.Helper()
	var answer submission
	_, err := api.Do(t.Context(), http.MethodPost, "/api/v1/landing/submit/new", subscription, &answer, "Idempotency-Key", key)
	require.NoError(t, err)
	return answer
}

// waitForHalf returns once a good part of the run is billed, and never all of it.
func (s site) waitForHalf(t *testing.T, api *apiclient.Client, location string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	for {
		var now apiclient.BillingProgress
		_, err := api.Do(ctx, http.MethodGet, location, nil, &now)
		if err != nil && !apiclient.HasCode(err, "billing_run_not_found") {
			require.NoError(t, err)
		}
		require.False(t, now.Ended(), "the run ended before it could be interrupted")
		if done := now.Progress.BilledClients; done > now.ClientCount/4 {
			require.Less(t, done, now.ClientCount)
			return done
		}
	}
}

func (s site) waitForEnd(t *testing.T, api *apiclient.Client, location string) apiclient.BillingProgress {
	t.Helper()
	var now apiclient.BillingProgress
	require.Eventually(t, func() bool {
		_, err := api.Do(t.Context(), http.MethodGet, location, nil, &now)
		return err == nil && now.Ended()
	}, startLimit, 50*time.Millisecond, "the run does not end: %+v", &now)
	return now
}

// requireBilledOnce compares the issued invoices with an independent computation from the contracts.
func (s site) requireBilledOnce(t *testing.T, run apiclient.BillingRun, final apiclient.BillingProgress) {
	t.Helper()
	rows, err := s.database(t).Query(t.Context(), `
		SELECT c.client_id, sum(o.monthly_fee + CASE WHEN c.start_date >= $1 THEN o.activation_fee ELSE 0 END)::bigint
		FROM contracts c JOIN offers o ON o.id = c.offer_id
		WHERE c.status = 'active' AND c.start_date <= $2 AND (c.end_date IS NULL OR c.end_date >= $1)
		GROUP BY c.client_id`, run.PeriodStart, run.PeriodEnd)
	require.NoError(t, err)
	owed := map[[16]byte]int64{}
	var client [16]byte
	var subtotal, total int64
	_, err = pgx.ForEachRow(rows, []any{&client, &subtotal}, func() error {
		owed[client] = subtotal
		total += subtotal + (subtotal+2)/5 // 20 %, half up: no fifth of a centime is exactly a half.
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, len(owed), final.InvoiceCount)
	require.Equal(t, money.Amount(total), final.TotalAmount)

	rows, err = s.database(t).Query(t.Context(), `
		SELECT i.client_id, i.subtotal_amount::bigint, i.number, l.line_sum
		FROM invoices i
		JOIN (SELECT invoice_id, sum(line_total)::bigint AS line_sum FROM invoice_lines GROUP BY invoice_id) l ON l.invoice_id = i.id
		ORDER BY i.number`)
	require.NoError(t, err)
	var number string
	var lines int64
	issued := 0
	_, err = pgx.ForEachRow(rows, []any{&client, &subtotal, &number, &lines}, func() error {
		issued++
		require.Equal(t, owed[client], subtotal, "client %x", client)
		require.Equal(t, subtotal, lines, "lines of %s", number)
		require.Regexp(t, fmt.Sprintf(`^FA-\d{4}-%07d$`, issued), number, "the numbers have a gap")
		delete(owed, client)
		return nil
	})
	require.NoError(t, err)
	require.Empty(t, owed, "clients without their invoice")
	require.Equal(t, final.InvoiceCount, issued)
}

// requireDocuments compares the files with the register: all of them, with the right content, and nothing else.
func (s site) requireDocuments(t *testing.T) {
	t.Helper()
	store, err := filestore.NewDirectoryStore(filepath.Join(s.dataDir, "documents"))
	require.NoError(t, err)
	rows, err := s.database(t).Query(t.Context(), `SELECT storage_key, sha256 FROM documents`)
	require.NoError(t, err)
	registered := map[string][]byte{}
	var key string
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &hash}, func() error {
		registered[key] = append([]byte{}, hash...)
		return nil
	})
	require.NoError(t, err)
	var missing int
	require.NoError(t, s.database(t).QueryRow(t.Context(),
		`SELECT count(*) FROM invoices i WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.invoice_id = i.id)`).Scan(&missing))
	require.Zero(t, missing, "invoices without a document")
	for key, err := range store.Keys(t.Context()) {
		require.NoError(t, err)
		content, err := store.Get(t.Context(), key)
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		require.Equal(t, registered[key], sum[:], "file %s", key)
		delete(registered, key)
	}
	require.Empty(t, registered, "documents without a file")
}
