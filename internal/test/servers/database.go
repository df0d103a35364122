// Package servers gives each test a database on a real PostgreSQL and a namespace on a real Temporal.
//
// The environment names both servers, as "mtf-dev exec" sets it.
package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
)

const (
	databaseVariable = "MTF_TEST_DATABASE_URL"
	temporalVariable = "MTF_TEST_TEMPORAL_ADDRESS"

	// templateLock keeps OS processes from creating the template at the same time.
	templateLock = 7_420_261_122
)

// fromEnvironment returns a setting of mtf-dev exec. Without it the test fails and says what to run.
func fromEnvironment(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: this test needs real servers. Run it with: make test PKG=./...", name)
	}
	return value
}

// DatabaseURL returns the URL of a fresh, migrated database, dropped when the test
// ends. Its default time zone is far from UTC, so that a query that depends on
// the server's zone fails.
func DatabaseURL(t testing.TB) string {
	t.Helper()
	name := create(t, "TEMPLATE "+template(t))
	maintain(t, "ALTER DATABASE "+name+" SET timezone TO 'Pacific/Kiritimati'")
	return withDatabase(t, name)
}

// EmptyDatabaseURL returns the URL of an empty database, dropped when the test ends.
func EmptyDatabaseURL(t testing.TB) string {
	t.Helper()
	return withDatabase(t, create(t, ""))
}

// DatabaseCopy returns the URL of a copy of a database without connections.
func DatabaseCopy(t testing.TB, databaseURL string) string {
	t.Helper()
	original, err := url.Parse(databaseURL)
	require.NoError(t, err)
	return withDatabase(t, create(t, "TEMPLATE "+strings.TrimPrefix(original.Path, "/")+" STRATEGY file_copy"))
}

// create creates a database with a unique name, dropped when the test ends.
func create(t testing.TB, options string) (name string) {
	t.Helper()
	name = "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	maintain(t, "CREATE DATABASE "+name+" "+options)
	t.Cleanup(func() { maintain(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return name
}

// ReadOnly returns the URL of a database for sessions that refuse writes, like those of a replica.
func ReadOnly(t testing.TB, databaseURL string) string {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	require.NoError(t, err)
	query := parsed.Query()
	query.Set("default_transaction_read_only", "on")
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// Database returns a pool on a fresh database; it is closed when the test ends.
func Database(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := db.Open(context.Background(), DatabaseURL(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

var templateOnce struct {
	sync.Mutex
	name string
}

// template returns the migrated database that test databases are copied from. Its
// name is the hash of the migrations, so that it is created once for each schema.
func template(t testing.TB) string {
	t.Helper()
	templateOnce.Lock()
	defer templateOnce.Unlock()
	if templateOnce.name != "" {
		return templateOnce.name
	}
	name := "template_" + migrationsHash(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, fromEnvironment(t, databaseVariable))
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock)
	require.NoError(t, err)

	var exists bool
	require.NoError(t, conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&exists))
	if !exists {
		// A template that is only half migrated must not get the name.
		building := name + "_building"
		maintain(t, "DROP DATABASE IF EXISTS "+building)
		maintain(t, "CREATE DATABASE "+building)
		_, err := db.Migrate(ctx, withDatabase(t, building))
		require.NoError(t, err)
		maintain(t, "ALTER DATABASE "+building+" RENAME TO "+name)
	}
	templateOnce.name = name
	return name
}

func migrationsHash(t testing.TB) string {
	t.Helper()
	hash := sha256.New()
	require.NoError(t, fs.WalkDir(db.Migrations(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(db.Migrations(), path)
		hash.Write(content)
		return err
	}))
	return hex.EncodeToString(hash.Sum(nil))[:16]
}

// maintain runs a statement on the server's maintenance database.
func maintain(t testing.TB, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, fromEnvironment(t, databaseVariable))
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err, statement)
}

func withDatabase(t testing.TB, name string) string {
	t.Helper()
	parsed, err := url.Parse(fromEnvironment(t, databaseVariable))
	require.NoError(t, err)
	parsed.Path = "/" + name
	return parsed.String()
}
