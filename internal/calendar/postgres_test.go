package calendar_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/calendar"
)

func TestDate_PostgresRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		date := anyDate().Draw(t, "date")
		value, err := date.DateValue()
		require.NoError(t, err)
		require.True(t, value.Valid)
		require.Equal(t, pgtype.Finite, value.InfinityModifier)

		var scanned calendar.Date
		require.NoError(t, scanned.ScanDate(value))
		require.Equal(t, date, scanned)
	})
}

func TestDate_WireRoundTrip(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	for _, text := range []string{"0001-01-01", "1999-12-31", "2000-01-01", "2024-02-29", "2026-10-31", "9999-12-31"} {
		date := calendar.MustParse(text)
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			encoded, err := types.Encode(pgtype.DateOID, format, date, nil)
			require.NoError(t, err, "%s in format %d", text, format)
			var scanned calendar.Date
			require.NoError(t, types.Scan(pgtype.DateOID, format, encoded, &scanned), "%s in format %d", text, format)
			assert.Equal(t, date, scanned, "%s in format %d", text, format)
		}
	}
}

func TestDate_ZeroIsNull(t *testing.T) {
	t.Parallel()
	value, err := calendar.Date{}.DateValue()
	require.NoError(t, err)
	assert.False(t, value.Valid)

	written, err := calendar.Date{}.Value()
	require.NoError(t, err)
	assert.Nil(t, written)
}

func TestDate_RefusesNullAndInfinity(t *testing.T) {
	t.Parallel()
	for _, value := range []pgtype.Date{
		{},
		{Valid: true, InfinityModifier: pgtype.Infinity},
		{Valid: true, InfinityModifier: pgtype.NegativeInfinity},
	} {
		kept := calendar.MustParse("2026-10-01")
		assert.Error(t, kept.ScanDate(value), "%+v", value)
		assert.Equal(t, "2026-10-01", kept.String(), "%+v must leave the date alone", value)
	}
}

func TestDate_DatabaseSQLText(t *testing.T) {
	t.Parallel()
	written, err := calendar.NewDate(2026, time.October, 1).Value()
	require.NoError(t, err)
	assert.Equal(t, "2026-10-01", written)
}
