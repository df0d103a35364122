package billing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/billing"
)

func TestNumbersFollowTheirFormat(t *testing.T) {
	t.Parallel()
	for layout, want := range map[string]string{
		"":                                   "FA-2026-0000042",
		"{prefix}-{year}-{sequence:7}":       "FA-2026-0000042",
		"{year}/{sequence}":                  "2026/42",
		"MTF {sequence:4}.{year}":            "MTF 0042.2026",
		"{prefix}{prefix}{year}{sequence:1}": "FAFA202642",
		"{sequence:12}_{year}":               "000000000042_2026",
	} {
		format, err := billing.ParseNumberFormat(layout)
		require.NoError(t, err, layout)
		assert.Equal(t, want, billing.Seller{Code: "MTF", NumberPrefix: "FA", NumberFormat: format}.Number(2026, 42), layout)
	}
}

func TestAFormatThatWouldRepeatNumbersIsRefused(t *testing.T) {
	t.Parallel()
	for _, layout := range []string{
		"FA", "{year}", "{sequence:7}", "{prefix}-{sequence}", "{year}{year}{sequence}", "{year}-{sequence}-{sequence:3}", "{year}-{sequence:}",
		"{year}-{sequence:13}", "{year}-{sequence:x}", "{year}-{Sequence}", "{year}-{}-{sequence}", "{year}-{sequence", "}{year}-{sequence}",
		"{year}\n{sequence}", "{year}é{sequence}", " {year}-{sequence}", "{year}-{sequence}" + string(make([]byte, 60)),
	} {
		_, err := billing.ParseNumberFormat(layout)
		assert.Error(t, err, "%q", layout)
	}
}
