package rest

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// TestEveryErrorCodeIsDocumented holds the table of docs/api.md against the server's
// own tables: every code with its status, and none that the server does not have.
func TestEveryErrorCodeIsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| code | status | meaning |\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")

	documented := map[refusal.Code]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| (\\d{3}) \\| .{10,} \\|$").FindAllStringSubmatch(table, -1) {
		require.NotContains(t, documented, refusal.Code(row[1]), "a code has one row")
		documented[refusal.Code(row[1])], err = strconv.Atoi(row[2])
		require.NoError(t, err)
	}
	require.Len(t, documented, strings.Count(table, "\n"), "a row of the table is not in the right form")

	own := map[refusal.Code]int{}
	for code := range refusal.Codes() {
		own[code] = statusOf(code)
	}
	for _, code := range technicalCodes(t) {
		own[code] = documented[code]
		require.NotEmpty(t, http.StatusText(documented[code]), "%s is not documented", code)
	}
	require.Equal(t, own, documented)
}

// technicalCodes are the codes of errors that no business rule causes. They are constants of this package.
func technicalCodes(t *testing.T) []refusal.Code {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var codes []refusal.Code
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, constant := range regexp.MustCompile(`(?m)^\s*[cC]ode\w+\s+refusal\.Code = "([a-z_]+)"$`).FindAllSubmatch(source, -1) {
			codes = append(codes, refusal.Code(constant[1]))
		}
	}
	require.Contains(t, codes, CodeUnavailable)
	return codes
}
