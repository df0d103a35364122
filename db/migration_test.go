package db_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
)

// before takes a database back to what it was before a migration, and returns what is
// to migrate it.
func before(t *testing.T, databaseURL string, migration int64) (*sql.DB, *goose.Provider) {
	t.Helper()
	database, err := sql.Open("pgx", databaseURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	provider, err := goose.NewProvider(goose.DialectPostgres, database, db.Migrations())
	require.NoError(t, err)
	_, err = provider.DownTo(context.Background(), migration-1)
	require.NoError(t, err)
	return database, provider
}
