package db_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
)

func TestAScrubbedErrorTellsWhereAndNotWhat(t *testing.T) {
	t.Parallel()
	failure := &pgconn.PgError{
		Severity: "ERROR", Code: "23505", Message: `value "SECRET1" is taken`, Detail: "Key (cin)=(SECRET2) already exists.",
		Where: "SECRET3", TableName: "clients", ConstraintName: "clients_cin_key",
	}
	for name, err := range map[string]error{
		"alone": failure, "wrapped": fmt.Errorf("client: insert: %w", failure),
		"joined": errors.Join(errors.New("other"), failure),
	} {
		text := db.Scrub(err).Error()
		require.NotContains(t, text, "SECRET1", name)
		require.NotContains(t, text, "SECRET2", name)
		require.NotContains(t, text, "SECRET3", name)
		require.Contains(t, text, "PostgreSQL error 23505, constraint clients_cin_key, table clients", name)
	}
	require.Contains(t, db.Scrub(fmt.Errorf("client: insert: %w", failure)).Error(), "client: insert: ")

	other := errors.New("no failure of the database")
	require.Same(t, other, db.Scrub(other))
	require.NoError(t, db.Scrub(nil))
}
