package pdf

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// missing replaces a character that no font of the document has.
const missing = '?'

const (
	ellipsis   = "…"
	softHyphen = '\u00AD'
)

// run is a stretch of one line in one font, in the order it is drawn.
type run struct {
	text  string // cp1252 in a core face, UTF-8 in the fallback
	face  face
	width int // thousandths of the font size
}

// clean makes a text from outside fit for one line or, where it has line
// breaks, for several: composed characters, plain single spaces, nothing
// invisible. It never fails: invalid UTF-8 becomes "?".
func clean(text string) string {
	if isPlain(text) {
		return text
	}
	text = norm.NFC.String(strings.ToValidUTF8(text, string(missing)))
	cleaned := make([]rune, 0, len(text))
	last := '\n' // a space at the start of a line is dropped
	for _, r := range text {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029':
			r = '\n'
		case unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
			// Marks that did not compose are vowel points and the like, which
			// names are readable without.
			continue
		case r == '\u2010' || r == '\u2011' || r == '\u2212':
			r = '-'
		}
		switch {
		case r == ' ' && (last == ' ' || last == '\n'), r == '\n' && last == '\n':
			continue
		case r == '\n' && last == ' ':
			cleaned[len(cleaned)-1] = '\n'
		default:
			cleaned = append(cleaned, r)
		}
		last = r
	}
	return strings.TrimSpace(string(cleaned))
}

// cleanLine is clean for a text of one line, such as a number.
func cleanLine(text string) string { return strings.ReplaceAll(clean(text), "\n", " ") }

// isPlain reports whether clean would leave the text alone, by a quick look that
// knows the characters of French.
func isPlain(text string) bool {
	last := ' '
	for _, r := range text {
		switch {
		case r > ' ' && r <= '~':
		case r == ' ' && last != ' ':
		case r > '\u00A0' && r <= '\u017F' && r != softHyphen:
		case r >= '\u2013' && r <= '\u2026': // dashes, quotation marks, ellipsis
		default:
			return false
		}
		last = r
	}
	return last != ' ' || text == ""
}

// typeset turns one line of cleaned text into runs and returns their whole
// width in thousandths of the font size. A word goes to the fallback font if it
// has a character that the core fonts lack and the fallback has.
func (m *fontMetrics) typeset(text string, style face) ([]run, int) {
	if encoded, ok := encodeCore(text); ok {
		width := m.coreWidth(encoded, style)
		return []run{{encoded, style, width}}, width
	}
	visual := visualOrder(shapeArabic([]rune(text)))
	var runs []run
	total := 0
	for len(visual) > 0 {
		end := wordEnd(visual)
		next := m.setWord(visual[:end], style)
		visual = visual[end:]
		total += next.width
		if last := len(runs) - 1; last >= 0 && runs[last].face == next.face {
			runs[last].text += next.text
			runs[last].width += next.width
			continue
		}
		runs = append(runs, next)
	}
	return runs, total
}

// wordEnd returns the end of the first word, with the spaces that follow it.
func wordEnd(line []rune) int {
	end := 0
	for end < len(line) && line[end] != ' ' {
		end++
	}
	for end < len(line) && line[end] == ' ' {
		end++
	}
	return end
}

func (m *fontMetrics) setWord(word []rune, style face) run {
	needsFallback := false
	for _, r := range word {
		if _, ok := charmap.Windows1252.EncodeRune(r); !ok {
			_, has := m.fallback[r]
			needsFallback = needsFallback || has
		}
	}
	if needsFallback {
		var text strings.Builder
		width := 0
		for _, r := range word {
			if _, has := m.fallback[r]; !has {
				r = missing
			}
			text.WriteRune(r)
			width += m.fallback[r]
		}
		return run{text.String(), fallback, width}
	}
	text := make([]byte, len(word))
	for i, r := range word {
		char, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			char = missing
		}
		text[i] = char
	}
	return run{string(text), style, m.coreWidth(string(text), style)}
}

// width returns the line's width in thousandths of the font size.
func (m *fontMetrics) width(text string, style face) int {
	if isASCII(text) {
		return m.coreWidth(text, style)
	}
	_, width := m.typeset(text, style)
	return width
}

func (m *fontMetrics) coreWidth(encoded string, style face) int {
	width := 0
	for i := range len(encoded) {
		width += m.core[style][encoded[i]]
	}
	return width
}

// encodeCore encodes the text in code page 1252; false if a character is not in it.
func encodeCore(text string) (string, bool) {
	if isASCII(text) {
		return text, true
	}
	encoded := make([]byte, 0, len(text))
	for _, r := range text {
		char, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			return "", false
		}
		encoded = append(encoded, char)
	}
	return string(encoded), true
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
