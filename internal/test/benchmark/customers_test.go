package benchmark_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	pageCallers = 16
	pageClients = 100_000
	pageColumns = `SELECT id, cin, client_type, full_name, address, email, phone, status, delinquent_since, created_at, updated_at FROM clients `
)

// BenchmarkCustomersPage measures a page of 20 out of 100,000 clients over HTTP. The limit is
// the query of that page alone, which bounds any API in this OS process. The page that nearly
// every caller reads has a separate goal. A filtered page also counts all matching clients,
// which the limit does not.
func BenchmarkCustomersPage(b *testing.B) {
	s := system.Start(b)
	_, err := seed.Load(b.Context(), s.Pool, seed.Options{
		Clients: pageClients, Seed: 2026, Today: s.Zone.DateAt(system.Today), Now: system.Today.Add(-time.Hour),
	})
	require.NoError(b, err)
	_, err = s.Pool.Exec(b.Context(), "VACUUM ANALYZE clients")
	require.NoError(b, err)

	original := benchmark.Original(240)
	for _, page := range []struct {
		name, path, query string
		goals             []benchmark.Goal
	}{
		{
			"customers, newest", "/api/v1/customers", "ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2",
			[]benchmark.Goal{benchmark.AtLeast(0.4), original},
		},
		{
			"customers, by name", "/api/v1/customers?sort=full_name:asc", "ORDER BY full_name, id LIMIT $1 OFFSET $2",
			[]benchmark.Goal{original},
		},
		{
			"customers, suspended", "/api/v1/customers?filters=status%3Dsuspended",
			"WHERE status = 'suspended' ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2",
			[]benchmark.Goal{original},
		},
	} {
		c := benchmark.Compare(b, pageCallers, 5, time.Second, getPage(b, s.URL, page.path), barePage(s.Pool, pageColumns+page.query))
		benchmark.Report(b, page.name, c, page.goals...)
	}
}

// barePage reads the page as any API must.
func barePage(pool *pgxpool.Pool, query string) benchmark.Operation {
	ctx := context.Background()
	return func(int) error {
		rows, err := pool.Query(ctx, query, 20, 0)
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

// getPage reads the page over HTTP, each caller on its own connection. Requests
// are written as they are and answers not decoded: the callers share the processors
// with what is measured.
func getPage(b *testing.B, base, path string) benchmark.Operation {
	address := strings.TrimPrefix(base, "http://")
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer op-1:ops,billing\r\n\r\n")
	conns, readers := make([]net.Conn, pageCallers), make([]*bufio.Reader, pageCallers)
	for i := range conns {
		conn, err := net.Dial("tcp", address)
		require.NoError(b, err)
		b.Cleanup(func() { _ = conn.Close() })
		conns[i], readers[i] = conn, bufio.NewReader(conn)
	}
	return func(caller int) error {
		if _, err := conns[caller].Write(request); err != nil {
			return err
		}
		answer, err := http.ReadResponse(readers[caller], nil)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", answer.StatusCode)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
}
