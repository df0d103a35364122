package pdf

import (
	"strings"
	"testing"

	"github.com/go-pdf/fpdf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testMetrics(t testing.TB) *fontMetrics {
	t.Helper()
	metrics, err := loadFontMetrics()
	require.NoError(t, err)
	return metrics
}

func TestCleanLeavesWhatCanBeWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Leïla Amrani – Fès":    "Leïla Amrani – Fès",
		"  two   spaces ":       "two spaces",
		"tab\tand\u00A0nbsp":    "tab and nbsp",
		"e\u0301":               "é",
		"line\r\n  line\n\nx\n": "line\nline\nx",
		"a\x00b\u0085c":         "ab c",
		"bad\xffbyte":           "bad?byte",
		"zero\u200Bwidth\uFEFF": "zerowidth",
		"soft\u00ADhyphen":      "softhyphen",
		"non\u2011breaking":     "non-breaking",
		"\u0645\u064F\u062D":    "\u0645\u062D",
		"\u202Eevil":            "evil",
		"":                      "",
		" ":                     "",
	} {
		assert.Equal(t, want, clean(text), "%q", text)
	}
}

func TestWordsGoToTheFallbackFontOnlyIfTheyNeedIt(t *testing.T) {
	t.Parallel()
	metrics := testMetrics(t)
	for text, want := range map[string][]run{
		"Fès":            {{text: "F\xe8s", face: bold}},
		"1 € – œ":        {{text: "1 \x80 \x96 \x9c", face: bold}},
		"Ćirić Ana":      {{text: "Ćirić ", face: fallback}, {text: "Ana", face: bold}},
		"Ana \U0001F600": {{text: "Ana ?", face: bold}},
		"漢 x":            {{text: "? x", face: bold}},
		"Ć漢":             {{text: "Ć?", face: fallback}},
		"ⵜⴰⵎ":            {{text: "ⵜⴰⵎ", face: fallback}},
	} {
		runs, width := metrics.typeset(text, bold)
		sum := 0
		for i := range runs {
			sum += runs[i].width
			runs[i].width = 0
		}
		assert.Equal(t, want, runs, "%q", text)
		assert.Equal(t, sum, width, "%q", text)
	}
}

func TestWidthsAreThoseTheDocumentIsWrittenWith(t *testing.T) {
	t.Parallel()
	metrics := testMetrics(t)
	doc := fpdf.New("P", "pt", "A4", "")
	doc.AddUTF8FontFromBytes(fallbackFamily, "", append([]byte(nil), unicodeTTF...))
	doc.SetFont(fallbackFamily, "", 10)
	require.Greater(t, len(metrics.fallback), 1000)
	for char, width := range metrics.fallback {
		if width > 0 {
			require.Equal(t, doc.GetStringSymbolWidth(string(char)), width, "%U", char)
		}
	}
	doc.SetFont(coreFamily, "B", 10)
	assert.Equal(t, doc.GetStringSymbolWidth("Contrat"), metrics.width("Contrat", bold))
	assert.NoError(t, doc.Error())
}

func TestADamagedFontIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	for length := 0; length < len(unicodeTTF); length += 997 {
		_, err := readAdvances(unicodeTTF[:length])
		require.ErrorIs(t, err, errFont, "cut at %d", length)
	}
}

func TestWrappedLinesFitAndLoseNothing(t *testing.T) {
	t.Parallel()
	metrics := testMetrics(t)
	const width = 20_000 // about 40 characters
	for _, text := range []string{
		"",
		"court",
		strings.Repeat("Résidence Al Andalous, ", 20),
		strings.Repeat("X", 300),
		"un " + strings.Repeat("W", 90) + " mot trop long",
		strings.Repeat("شارع محمد الخامس ", 12),
		"ligne\nautre ligne\n" + strings.Repeat("i", 200),
		strings.Repeat("الدارالبيضاء", 20),
	} {
		text = clean(text)
		lines := metrics.wrap(text, regular, width, 1000)
		for _, line := range lines {
			assert.LessOrEqual(t, metrics.width(line, regular), width, "%q", line)
			assert.NotEmpty(t, line)
		}
		squeezed := strings.NewReplacer(" ", "", "\n", "")
		assert.Equal(t, squeezed.Replace(text), squeezed.Replace(strings.Join(lines, "")), "%q", text)
	}
}

func TestWrapEndsWithAnEllipsisBeyondItsLines(t *testing.T) {
	t.Parallel()
	metrics := testMetrics(t)
	lines := metrics.wrap(strings.Repeat("Casablanca ", 40), regular, 10_000, 3)
	require.Len(t, lines, 3)
	assert.True(t, strings.HasSuffix(lines[2], ellipsis), "%q", lines[2])
	assert.LessOrEqual(t, metrics.width(lines[2], regular), 10_000)

	lines = metrics.wrap("a\nb\nc", regular, 10_000, 3)
	assert.Equal(t, []string{"a", "b", "c"}, lines)
}
