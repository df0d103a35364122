package db_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestUUIDsAreTheSameOnBothSides(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	id, other := uuid.New(), uuid.New()
	for _, format := range []int16{pgx.TextFormatCode, pgx.BinaryFormatCode} {
		formats := pgx.QueryResultFormats{format}
		var got uuid.UUID
		var optional, none *uuid.UUID
		var text string
		var many []uuid.UUID
		err := pool.QueryRow(t.Context(), "SELECT $1::uuid, $2::uuid, $3::uuid, $1::uuid::text, $4::uuid[]",
			formats, id, &other, none, []uuid.UUID{id, other}).Scan(&got, &optional, &none, &text, &many)
		require.NoError(t, err, format)
		require.Equal(t, id, got)
		require.Equal(t, other, *optional)
		require.Nil(t, none)
		require.Equal(t, id.String(), text)
		require.Equal(t, []uuid.UUID{id, other}, many)
	}
	var none uuid.UUID
	require.Error(t, pool.QueryRow(t.Context(), "SELECT NULL::uuid").Scan(&none), "NULL is no id")
	_, err := pool.Exec(t.Context(), "CREATE TABLE ids (id uuid, maybe uuid)")
	require.NoError(t, err)
	_, err = pool.CopyFrom(t.Context(), pgx.Identifier{"ids"}, []string{"id", "maybe"},
		pgx.CopyFromRows([][]any{{id, &other}, {other, (*uuid.UUID)(nil)}}))
	require.NoError(t, err)
	rows, err := pool.Query(t.Context(), "SELECT id, maybe FROM ids ORDER BY maybe NULLS LAST")
	require.NoError(t, err)
	type pair struct {
		ID    uuid.UUID
		Maybe *uuid.UUID
	}
	copied, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pair])
	require.NoError(t, err)
	require.Equal(t, []pair{{id, &other}, {other, nil}}, copied)
}
