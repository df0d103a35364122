package benchmark_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/internal/systemtest"
	"github.com/stretchr/testify/require"
)

func pgCPU(db string) time.Duration {
	var sum int64
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		cmd, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		if !strings.Contains(string(cmd), db) {
			continue
		}
		st, _ := os.ReadFile("/proc/" + e.Name() + "/schedstat")
		f := strings.Fields(string(st))
		if len(f) > 0 {
			n, _ := strconv.ParseInt(f[0], 10, 64)
			sum += n
		}
	}
	return time.Duration(sum)
}
func goCPU() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func TestAdhoc(t *testing.T) {
	s := systemtest.Start(t)
	_, err := seed.Load(t.Context(), s.Pool, seed.Options{
		Clients: 100000, Seed: 2026, Today: s.Zone.DateAt(systemtest.Today), Now: systemtest.Today.Add(-time.Hour),
	})
	require.NoError(t, err)
	_, err = s.Pool.Exec(t.Context(), "VACUUM ANALYZE clients")
	require.NoError(t, err)
	var dbname string
	s.Pool.QueryRow(t.Context(), "select current_database()").Scan(&dbname)
	q := dbsqlc.New()
	b := &testing.B{}
	_ = b
	ctx := context.Background()
	list := func(sort string) func() error {
		return func() error {
			_, err := q.ClientList(ctx, s.Pool, dbsqlc.ClientListParams{Sort: sort, PageSize: 21, AfterID: uuid.Nil})
			return err
		}
	}
	testing.Benchmark(func(b *testing.B) {
		if b.N > 1 {
			return
		}
		for _, c := range []struct {
			name string
			call func() error
		}{
			{"bare", bareCaller(b, s.Pool)}, {"list", list("created_at:desc")}, {"name", list("full_name:asc")},
			{"total", func() error { _, err := q.ListTotalGet(ctx, s.Pool, "clients"); return err }},
			{"http", pageCaller(b, s.URL, "/api/v1/customers")},
			{"sample", pageCaller(b, s.URL, "/api/v1/conventions/sample")},
		} {
			for range 200 {
				c.call()
			}
			n := 3000
			p, g, w := pgCPU(dbname), goCPU(), time.Now()
			for range n {
				if err := c.call(); err != nil {
					t.Fatal(err)
				}
			}
			fmt.Printf("%-8s pg %v go %v wall %v\n", c.name, (pgCPU(dbname)-p)/time.Duration(n), (goCPU()-g)/time.Duration(n), time.Since(w)/time.Duration(n))
		}
	})
}
