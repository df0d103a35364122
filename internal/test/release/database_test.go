package release_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// endOfCopy is the line that ends the rows of a COPY, as in a dump of pg_dump.
const endOfCopy = `\.`

// tablesOf returns the quoted names of the program's tables.
func tablesOf(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return collect[string](t, conn, `SELECT quote_ident(table_name) FROM information_schema.tables
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'goose%' ORDER BY table_name`)
}

// collect runs a query for one column.
func collect[T any](t *testing.T, conn *pgx.Conn, query string, args ...any) []T {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	require.NoError(t, err, query)
	found, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(t, err, query)
	return found
}

// rowCounts returns the number of rows of each table.
func rowCounts(t *testing.T, conn *pgx.Conn) map[string]int64 {
	t.Helper()
	counts := map[string]int64{}
	for _, table := range tablesOf(t, conn) {
		counts[table] = collect[int64](t, conn, "SELECT count(*) FROM "+table)[0]
	}
	return counts
}

// dump writes the rows of every table, and the positions of the sequences, as SQL for restore and for psql.
func dump(t *testing.T, pool *pgxpool.Pool, path string) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	packed, err := gzip.NewWriterLevel(file, gzip.BestCompression)
	require.NoError(t, err)
	borrowed, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer borrowed.Release()
	conn := borrowed.Conn()
	// One snapshot for all tables.
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	require.NoError(t, err)
	for _, table := range tablesOf(t, conn) {
		columns := collect[string](t, conn, `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
			FROM information_schema.columns
			WHERE table_schema = 'public' AND quote_ident(table_name) = $1 AND is_generated = 'NEVER'`, table)[0]
		_, err = fmt.Fprintf(packed, "COPY %s (%s) FROM stdin;\n", table, columns)
		require.NoError(t, err)
		_, err = conn.PgConn().CopyTo(t.Context(), packed, fmt.Sprintf("COPY (SELECT %s FROM %s) TO STDOUT", columns, table))
		require.NoError(t, err)
		_, err = io.WriteString(packed, endOfCopy+"\n")
		require.NoError(t, err)
	}
	for _, statement := range collect[string](t, conn, `SELECT format('SELECT setval(%L, %s);', quote_ident(sequencename), last_value)
		FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename NOT LIKE 'goose%' ORDER BY sequencename`) {
		_, err = io.WriteString(packed, statement+"\n")
		require.NoError(t, err)
	}
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, packed.Close())
	require.NoError(t, file.Close())
}

// restored returns the URL of a database as the release left it: its schema and its rows.
func restored(t *testing.T, directory string) string {
	t.Helper()
	databaseURL := servers.EmptyDatabaseURL(t)
	migrateTo(t, databaseURL, lastVersion(t, directory))
	conn := connect(t, databaseURL)
	defer func() { require.NoError(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	// The rows are loaded as they are: without triggers, and in any order. requireForeignKeys checks the references.
	_, err := conn.Exec(t.Context(), "SET session_replication_role = replica")
	require.NoError(t, err)
	for _, table := range tablesOf(t, conn) {
		// Migrations insert rows too, and the fixture holds them.
		_, err = conn.Exec(t.Context(), "DELETE FROM "+table)
		require.NoError(t, err)
	}
	load(t, conn, filepath.Join(directory, dataFile))
	return databaseURL
}

// load runs the SQL of a dump.
func load(t *testing.T, conn *pgx.Conn, path string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	unpacked, err := gzip.NewReader(file)
	require.NoError(t, err)
	lines := bufio.NewReader(unpacked)
	for {
		statement, err := lines.ReadString('\n')
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
		if !strings.HasPrefix(statement, "COPY ") {
			_, err = conn.Exec(t.Context(), statement)
			require.NoError(t, err, statement)
			continue
		}
		var rows strings.Builder
		for {
			row, err := lines.ReadString('\n')
			require.NoError(t, err, statement)
			if row == endOfCopy+"\n" {
				break
			}
			rows.WriteString(row)
		}
		_, err = conn.PgConn().CopyFrom(t.Context(), strings.NewReader(rows.String()), statement)
		require.NoError(t, err, statement)
	}
}

func connect(t *testing.T, databaseURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	require.NoError(t, err)
	return conn
}

// lastVersion returns the number of the release's last migration.
func lastVersion(t *testing.T, directory string) int64 {
	t.Helper()
	released := releasedMigrations(t, directory)
	_, name, _ := strings.Cut(released[len(released)-1], "  ")
	number, _, _ := strings.Cut(name, "_")
	version, err := strconv.ParseInt(number, 10, 64)
	require.NoError(t, err)
	return version
}

func migrateTo(t *testing.T, databaseURL string, version int64) {
	t.Helper()
	database, err := sql.Open("pgx", databaseURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, database.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, database, db.Migrations())
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), version)
	require.NoError(t, err)
}
