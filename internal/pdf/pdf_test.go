package pdf_test

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
)

// page is what a test sees of one page: the texts in core fonts, in the order
// they are drawn.
type page []textAt

type textAt struct {
	x, y float64 // of the baseline's left end, in points from the bottom left
	text string
}

var (
	contentObject = regexp.MustCompile(`(?s)/Contents (\d+) 0 R>>`)
	textOperator  = regexp.MustCompile(`(?s)BT (?:[\d.]+ 0 0 [\d.]+ )?(-?[\d.]+) (-?[\d.]+) T[dm]\(((?:\\.|[^\\)])*)\)Tj ET`)
	escape        = regexp.MustCompile(`(?s)\\(.)`)
)

// parsePages reads the texts of an uncompressed document, and fails the test if
// the file's cross-reference table does not lead to its objects.
func parsePages(t testing.TB, pdf []byte) []page {
	t.Helper()
	offsets := parseCrossReferences(t, pdf)
	var pages []page
	for _, match := range contentObject.FindAllSubmatch(pdf, -1) {
		number, err := strconv.Atoi(string(match[1]))
		require.NoError(t, err)
		object := pdf[offsets[number]:]
		object = object[bytes.Index(object, []byte("stream\n")):]
		object = object[:bytes.Index(object, []byte("endstream"))]
		var texts page
		for _, operator := range textOperator.FindAllSubmatch(object, -1) {
			x, err := strconv.ParseFloat(string(operator[1]), 64)
			require.NoError(t, err)
			y, err := strconv.ParseFloat(string(operator[2]), 64)
			require.NoError(t, err)
			text, err := charmap.Windows1252.NewDecoder().Bytes(escape.ReplaceAll(operator[3], []byte("$1")))
			require.NoError(t, err)
			texts = append(texts, textAt{x, y, string(text)})
		}
		pages = append(pages, texts)
	}
	return pages
}

func parseCrossReferences(t testing.TB, pdf []byte) []int {
	t.Helper()
	require.True(t, bytes.HasSuffix(pdf, []byte("%%EOF\n")), "the file ends early")
	at := pdf[bytes.LastIndex(pdf, []byte("startxref\n"))+len("startxref\n"):]
	start, err := strconv.Atoi(string(at[:bytes.IndexByte(at, '\n')]))
	require.NoError(t, err)
	rows := strings.Split(string(pdf[start:]), "\n")
	require.Equal(t, "xref", rows[0])
	count, err := strconv.Atoi(strings.TrimPrefix(rows[1], "0 "))
	require.NoError(t, err)
	offsets := make([]int, count)
	for number := 1; number < count; number++ {
		offsets[number], err = strconv.Atoi(rows[2+number][:10])
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(pdf[offsets[number]:], []byte(strconv.Itoa(number)+" 0 obj\n")), "object %d", number)
	}
	return offsets
}

// texts joins a page's texts, one to a line.
func (p page) texts() string {
	var all strings.Builder
	for _, text := range p {
		all.WriteString(text.text)
		all.WriteByte('\n')
	}
	return all.String()
}

func allTexts(pages []page) string {
	var all strings.Builder
	for _, page := range pages {
		all.WriteString(page.texts())
	}
	return all.String()
}
