package contract

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestAnEndMustNotBreakTheCommitment(t *testing.T) {
	t.Parallel()
	const open = ""
	for _, c := range []struct {
		start, end string
		commitment int32 // 0 for none.
		refuses    refusal.Code
		minimum    string
	}{
		{"2026-09-20", open, 0, "", ""},
		{"2026-09-20", open, 60, "", ""},
		{"2026-09-20", "2026-09-20", 0, "", ""},
		{"2026-09-20", "2026-09-19", 0, refusal.ContractDateInvalid, ""},
		{"2026-09-20", "2026-09-19", 12, refusal.ContractDateInvalid, ""},
		{"2026-09-20", "2027-09-20", 12, "", ""},
		{"2026-09-20", "2027-09-19", 12, refusal.ContractCommitmentInvalid, "2027-09-20"},
		{"2026-01-31", "2026-02-28", 1, "", ""},
		{"2026-01-31", "2026-02-27", 1, refusal.ContractCommitmentInvalid, "2026-02-28"},
		{"2024-01-31", "2024-02-28", 1, refusal.ContractCommitmentInvalid, "2024-02-29"},
		{"2024-02-29", "2025-02-28", 12, "", ""},
	} {
		var end *calendar.Date
		if c.end != open {
			end = new(calendar.MustParse(c.end))
		}
		var commitment *int32
		if c.commitment > 0 {
			commitment = &c.commitment
		}
		err := checkDates(calendar.MustParse(c.start), end, commitment)
		if c.refuses == "" {
			assert.NoError(t, err, "%+v", c)
			continue
		}
		refused := refusal.As(err)
		require.NotNil(t, refused, "%+v: %v", c, err)
		assert.Equal(t, c.refuses, refused.Code, "%+v", c)
		if c.minimum != "" {
			assert.Equal(t, map[string]any{"minimum_end_date": calendar.MustParse(c.minimum)}, refused.Details, "%+v", c)
		}
	}
}

func TestAutomaticIdentifiersNameTheServiceType(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^AUTO-FIBER-[0-9a-f]{10}$`)
	seen := map[string]bool{}
	for range 100 {
		identifier := automaticIdentifier("fiber")
		assert.Regexp(t, form, identifier)
		assert.False(t, seen[identifier], identifier)
		seen[identifier] = true
	}
}
