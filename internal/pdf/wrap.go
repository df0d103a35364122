package pdf

import "strings"

// wrap breaks cleaned text into lines no wider than width, a font-size
// thousandth count, at spaces and line breaks; a longer word is cut. Beyond
// maxLines the text ends with an ellipsis. An empty text has no lines.
func (m *fontMetrics) wrap(text string, style face, width, maxLines int) []string {
	if text == "" {
		return nil
	}
	if !strings.Contains(text, "\n") && m.width(text, style) <= width {
		return []string{text}
	}
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		for paragraph != "" {
			if len(lines) == maxLines {
				lines[maxLines-1] = m.shorten(lines[maxLines-1], style, width)
				return lines
			}
			end := m.lineEnd(paragraph, style, width)
			lines = append(lines, strings.TrimRight(paragraph[:end], " "))
			paragraph = strings.TrimLeft(paragraph[end:], " ")
		}
	}
	return lines
}

// lineEnd returns how many bytes of the text fit on its first line: at least one
// character.
func (m *fontMetrics) lineEnd(text string, style face, width int) int {
	end, used := 0, 0
	for end < len(text) {
		next := end + strings.IndexByte(text[end:], ' ') + 1
		if next == end {
			next = len(text)
		}
		// A space takes the width of the wider font's.
		word := strings.TrimRight(text[end:next], " ")
		used += m.width(word, style)
		if used > width {
			if end == 0 {
				return m.cut(word, style, width)
			}
			return end
		}
		used += max(m.core[style][' '], m.fallback[' ']) * (next - end - len(word))
		end = next
	}
	return end
}

// cut returns how many bytes of a text fit without regard to words, at least one
// character.
func (m *fontMetrics) cut(text string, style face, width int) int {
	used := 0
	for i, r := range text {
		// Characters are measured alone: an Arabic letter is at its widest then.
		used += m.width(string(r), style)
		if used > width && i > 0 {
			return i
		}
	}
	return len(text)
}

// shorten ends the text with an ellipsis, cutting what no longer fits.
func (m *fontMetrics) shorten(text string, style face, width int) string {
	if text == "" {
		return ellipsis
	}
	end := m.cut(text, style, width-m.width(ellipsis, style))
	return strings.TrimRight(text[:end], " ") + ellipsis
}
