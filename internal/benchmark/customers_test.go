package benchmark_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/internal/systemtest"
)

const (
	pageCallers  = 16
	pageClients  = 100_000
	pageRounds   = 5
	pageDuration = time.Second
	pageQuery    = `SELECT id, cin, client_type, full_name, address, email, phone, status, delinquent_since, created_at, updated_at
		FROM clients ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2`
)

// BenchmarkCustomersPage compares a page of 20 out of 100,000 clients over HTTP
// with the query of that page alone, which is the limit of any API in this process.
// Both take turns; callers, pool, processors and data are the same.
//
// It reports the medians of the rounds: requests and limit in calls per second,
// their ratio, and the latency of requests.
func BenchmarkCustomersPage(b *testing.B) {
	s := systemtest.Start(b)
	_, err := seed.Load(b.Context(), s.Pool, seed.Options{
		Clients: pageClients, Seed: 2026, Today: s.Zone.DateAt(systemtest.Today), Now: systemtest.Today.Add(-time.Hour),
	})
	require.NoError(b, err)
	_, err = s.Pool.Exec(b.Context(), "VACUUM ANALYZE clients")
	require.NoError(b, err)

	for _, test := range []struct{ name, path string }{
		{"first", "/api/v1/customers"},
		{"sorted", "/api/v1/customers?sort=full_name:asc"},
		{"filtered", "/api/v1/customers?filters=status%3Dsuspended"},
	} {
		b.Run(test.name, func(b *testing.B) {
			var requests, limit, ratio, p50, p99 []float64
			for b.Loop() {
				for range pageRounds {
					bare := repeated(b, func() func() error { return bareCaller(b, s.Pool) })
					page := repeated(b, func() func() error { return pageCaller(b, s.URL, test.path) })
					requests, limit = append(requests, page.perSecond()), append(limit, bare.perSecond())
					ratio = append(ratio, page.perSecond()/bare.perSecond())
					p50, p99 = append(p50, page.milliseconds(0.50)), append(p99, page.milliseconds(0.99))
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(requests), "requests/s")
			b.ReportMetric(median(limit), "limit/s")
			b.ReportMetric(median(ratio), "ratio")
			b.ReportMetric(median(p50), "p50-ms")
			b.ReportMetric(median(p99), "p99-ms")
		})
	}
}

// bareCaller returns a call that reads the page as the API's query does.
func bareCaller(b *testing.B, pool *pgxpool.Pool) func() error {
	ctx := context.WithoutCancel(b.Context())
	return func() error {
		rows, err := pool.Query(ctx, pageQuery, 20, 0)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var row dbsqlc.Client
			if err := rows.Scan(&row.ID, &row.CIN, &row.ClientType, &row.FullName, &row.Address, &row.Email, &row.Phone,
				&row.Status, &row.DelinquentSince, &row.CreatedAt, &row.UpdatedAt); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

// pageCaller returns a call on a connection of its own. It writes a request that is
// ready and reads the answer without decoding it: the client shares the processors.
func pageCaller(b *testing.B, base, path string) func() error {
	address := strings.TrimPrefix(base, "http://")
	conn, err := net.Dial("tcp", address)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer op-1:ops,billing\r\n\r\n")
	reader := bufio.NewReaderSize(conn, 32<<10)
	return func() error {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(answer.Body)
			b.Errorf("status %d: %s", answer.StatusCode, text)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
}

// measured is what one side did in one round.
type measured struct {
	latencies []time.Duration
	elapsed   time.Duration
}

func (m measured) perSecond() float64 { return float64(len(m.latencies)) / m.elapsed.Seconds() }

// milliseconds is the latency that a part of the calls stayed below.
func (m measured) milliseconds(part float64) float64 {
	slices.Sort(m.latencies)
	return m.latencies[int(part*float64(len(m.latencies)-1))].Seconds() * 1000
}

// repeated lets all callers call again and again for a while.
func repeated(b *testing.B, caller func() func() error) measured {
	calls := make([]func() error, pageCallers)
	for i := range calls {
		calls[i] = caller()
		// Connections and prepared statements are not what is measured.
		require.NoError(b, calls[i]())
	}
	latencies := make([][]time.Duration, pageCallers)
	begun := time.Now()
	var done sync.WaitGroup
	for i, call := range calls {
		done.Go(func() {
			for last := time.Now(); last.Sub(begun) < pageDuration; {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
				now := time.Now()
				latencies[i] = append(latencies[i], now.Sub(last))
				last = now
			}
		})
	}
	done.Wait()
	return measured{latencies: slices.Concat(latencies...), elapsed: time.Since(begun)}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
