package system

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// pool holds the idle systems that Borrow lends. It grows to the number of tests that run at once.
var pool struct {
	sync.Mutex
	idle []*pooled
}

// pooled is a running system with the standard settings that outlives the tests that borrow it.
type pooled struct {
	*System
	scope *scope
	// tables are the quoted names of all tables that tests write.
	tables []string
	// initial holds the rows of each table of a new system, as a JSON array.
	initial map[string]string
}

// Borrow lends the test a running system with the standard settings, empty tables, and the clock at Today.
// Until the test ends, no other test uses that system. It costs a small part of Start: one system serves many
// tests, and the tables are emptied between them. The Temporal namespace keeps closed workflows, so idempotency
// keys must be unique in the package.
//
// A test that changes settings, the schema, or schedules, or that restarts the system, calls Start. A package
// that borrows calls StopBorrowed in TestMain. Like Start, Borrow skips a test that runs with -short.
func Borrow(t testing.TB) *System {
	t.Helper()
	skipIfShort(t)
	lent := takeIdle(t)
	if lent == nil {
		lent = newPooled(t)
	}
	lent.SetNow(Today)
	t.Cleanup(func() {
		pool.Lock()
		defer pool.Unlock()
		pool.idle = append(pool.idle, lent)
	})
	return lent.System
}

// StopBorrowed stops the systems that tests borrowed. TestMain calls it after the tests.
func StopBorrowed() {
	pool.Lock()
	defer pool.Unlock()
	for _, each := range pool.idle {
		each.scope.close()
	}
	pool.idle = nil
}

// takeIdle returns an idle system with empty tables; nil if there is none. It stops a system that cannot be
// reset, for example because a failed test left a lock.
func takeIdle(t testing.TB) *pooled {
	t.Helper()
	for {
		pool.Lock()
		if len(pool.idle) == 0 {
			pool.Unlock()
			return nil
		}
		lent := pool.idle[len(pool.idle)-1]
		pool.idle = pool.idle[:len(pool.idle)-1]
		pool.Unlock()
		err := lent.reset(context.Background())
		if err == nil {
			return lent
		}
		t.Logf("a borrowed system is replaced, because it cannot be reset: %v", err)
		lent.scope.close()
	}
}

func newPooled(t testing.TB) *pooled {
	t.Helper()
	scope := &scope{TB: t}
	started := &pooled{System: start(scope), scope: scope}
	scope.TB = nil
	if err := started.remember(context.Background()); err != nil {
		scope.close()
		t.Fatalf("read the tables of a new system: %v", err)
	}
	return started
}

// remember stores what the tables of a new system hold.
func (p *pooled) remember(ctx context.Context) error {
	rows, err := p.Pool.Query(ctx, `
		SELECT quote_ident(table_name) FROM information_schema.tables
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'goose%'`)
	if err != nil {
		return err
	}
	if p.tables, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return err
	}
	written, err := p.written(ctx)
	if err != nil {
		return err
	}
	p.initial = map[string]string{}
	for _, table := range written {
		var content string
		if err := p.Pool.QueryRow(ctx, "SELECT jsonb_agg(to_jsonb(t))::text FROM "+table+" t").Scan(&content); err != nil {
			return err
		}
		p.initial[table] = content
	}
	return nil
}

// written returns the tables that have rows.
func (p *pooled) written(ctx context.Context) ([]string, error) {
	checks := make([]string, len(p.tables))
	for i, table := range p.tables {
		checks[i] = fmt.Sprintf("SELECT %d WHERE EXISTS (SELECT 1 FROM %s)", i, table)
	}
	rows, err := p.Pool.Query(ctx, strings.Join(checks, " UNION ALL "))
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, err
	}
	written := make([]string, len(found))
	for i, index := range found {
		written[i] = p.tables[index]
	}
	return written, nil
}

// reset terminates the workflows that the last test left running, removes the files of its documents, and
// restores the initial rows.
func (p *pooled) reset(ctx context.Context) error {
	if err := p.terminateWorkflows(ctx); err != nil {
		return err
	}
	files, err := os.ReadDir(p.Config.DocumentsDirectory)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := os.RemoveAll(filepath.Join(p.Config.DocumentsDirectory, file.Name())); err != nil {
			return err
		}
	}
	written, err := p.written(ctx)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, p.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '10s'"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "TRUNCATE "+strings.Join(written, ", ")+" RESTART IDENTITY CASCADE"); err != nil {
			return err
		}
		for table, content := range p.initial {
			insert := fmt.Sprintf("INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_recordset(NULL::%s, $1)", table, table)
			if _, err := tx.Exec(ctx, insert, content); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *pooled) terminateWorkflows(ctx context.Context) error {
	listed, err := p.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `ExecutionStatus = "Running"`})
	if err != nil {
		return err
	}
	for _, each := range listed.GetExecutions() {
		if each.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			continue
		}
		// A workflow that has ended in the meantime is not found, which is not an error here.
		_ = p.Temporal.TerminateWorkflow(ctx, each.GetExecution().GetWorkflowId(), each.GetExecution().GetRunId(), "the test has ended")
	}
	return nil
}

// scope is the testing.TB of a system that outlives the test that starts it. While TB is set, that test reports the
// failures. Afterwards they go to the standard error.
type scope struct {
	testing.TB
	cleanups []func()
}

// Helper implements testing.TB.
func (s *scope) Helper() {}

// Context implements testing.TB.
func (s *scope) Context() context.Context { return context.Background() }

// Cleanup implements testing.TB: close calls the function, not the end of a test.
func (s *scope) Cleanup(cleanup func()) { s.cleanups = append(s.cleanups, cleanup) }

// TempDir implements testing.TB.
func (s *scope) TempDir() string {
	directory, err := os.MkdirTemp("", "mtf-test-")
	if err != nil {
		s.Errorf("make a directory: %v", err)
		s.FailNow()
	}
	s.Cleanup(func() { _ = os.RemoveAll(directory) })
	return directory
}

// Errorf implements testing.TB.
func (s *scope) Errorf(format string, args ...any) {
	if s.TB != nil {
		s.TB.Errorf(format, args...)
		return
	}
	fmt.Fprintf(os.Stderr, "a borrowed system: "+format+"\n", args...)
}

// FailNow implements testing.TB.
func (s *scope) FailNow() {
	if s.TB != nil {
		s.TB.FailNow()
	}
	os.Exit(1)
}

// Fatalf implements testing.TB.
func (s *scope) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.FailNow()
}

func (s *scope) close() {
	for _, cleanup := range slices.Backward(s.cleanups) {
		cleanup()
	}
}
