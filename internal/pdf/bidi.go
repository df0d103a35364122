package pdf

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// visualOrder converts characters from reading order to their order on the
// line, left to right. It follows the Unicode Bidirectional
// Algorithm (UAX #9) for a single line without explicit direction marks: the
// first letter with a direction gives the line's direction.
func visualOrder(logical []rune) []rune {
	classes := make([]bidi.Class, len(logical))
	rightToLeft := false
	for i, r := range logical {
		properties, _ := bidi.LookupRune(r)
		classes[i] = properties.Class()
		rightToLeft = rightToLeft || classes[i] == bidi.R || classes[i] == bidi.AL || classes[i] == bidi.AN
	}
	if !rightToLeft {
		return logical
	}
	base := baseDirection(classes)
	resolveNumbers(classes, base)
	resolveNeutrals(classes, base)
	return reorder(logical, embeddingLevels(classes, base))
}

// baseDirection is the direction of the first letter that has one; L without any.
func baseDirection(classes []bidi.Class) bidi.Class {
	for _, class := range classes {
		switch class {
		case bidi.L:
			return bidi.L
		case bidi.R, bidi.AL:
			return bidi.R
		}
	}
	return bidi.L
}

// resolveNumbers applies the algorithm's rules for weak characters (W1 to W7):
// numbers with their separators become one class, and take part in left-to-right
// text where they follow it.
func resolveNumbers(classes []bidi.Class, base bidi.Class) {
	strong, previous := base, base
	for i, class := range classes {
		switch class {
		case bidi.NSM: // W1
			class = previous
		case bidi.EN: // W2
			if strong == bidi.AL {
				class = bidi.AN
			}
		case bidi.L, bidi.R, bidi.AL:
			strong = class
		}
		classes[i], previous = class, class
	}
	for i, class := range classes {
		switch class {
		case bidi.AL: // W3
			classes[i] = bidi.R
		case bidi.ES, bidi.CS: // W4
			if i > 0 && i+1 < len(classes) && classes[i-1] == classes[i+1] &&
				(classes[i-1] == bidi.EN || class == bidi.CS && classes[i-1] == bidi.AN) {
				classes[i] = classes[i-1]
			}
		}
	}
	for i := 0; i < len(classes); { // W5, W6
		if classes[i] != bidi.ET {
			i++
			continue
		}
		end := i
		for end < len(classes) && classes[end] == bidi.ET {
			end++
		}
		resolved := bidi.ON
		if i > 0 && classes[i-1] == bidi.EN || end < len(classes) && classes[end] == bidi.EN {
			resolved = bidi.EN
		}
		for ; i < end; i++ {
			classes[i] = resolved
		}
	}
	strong = base
	for i, class := range classes { // W7
		switch class {
		case bidi.L, bidi.R:
			strong = class
		case bidi.EN:
			if strong == bidi.L {
				classes[i] = bidi.L
			}
		}
	}
}

// resolveNeutrals gives spaces and punctuation the direction of the text around
// them, or the line's between different ones (N1, N2).
func resolveNeutrals(classes []bidi.Class, base bidi.Class) {
	before := base
	for i := 0; i < len(classes); {
		if direction := directionOf(classes[i]); direction != bidi.ON {
			before = direction
			i++
			continue
		}
		end := i
		for end < len(classes) && directionOf(classes[end]) == bidi.ON {
			end++
		}
		after := base
		if end < len(classes) {
			after = directionOf(classes[end])
		}
		resolved := base
		if before == after {
			resolved = before
		}
		for ; i < end; i++ {
			classes[i] = resolved
		}
	}
}

// directionOf is L, R (numbers count as right to left), or ON for a neutral.
func directionOf(class bidi.Class) bidi.Class {
	switch class {
	case bidi.L:
		return bidi.L
	case bidi.R, bidi.EN, bidi.AN:
		return bidi.R
	}
	return bidi.ON
}

// embeddingLevels are even for left-to-right and odd for right-to-left text (I1, I2).
func embeddingLevels(classes []bidi.Class, base bidi.Class) []int {
	levels := make([]int, len(classes))
	for i, class := range classes {
		switch {
		case class == bidi.R:
			levels[i] = 1
		case class != bidi.L, base == bidi.R:
			levels[i] = 2
		}
	}
	return levels
}

// reorder reverses, from the highest level down, every stretch at or above that
// level (L2), and mirrors brackets in right-to-left text (L4).
func reorder(logical []rune, levels []int) []rune {
	visual := slices.Clone(logical)
	for i, level := range levels {
		if level == 1 {
			visual[i] = mirrored(visual[i])
		}
	}
	levels = slices.Clone(levels)
	for level := 2; level >= 1; level-- {
		for start := 0; start < len(levels); start++ {
			end := start
			for end < len(levels) && levels[end] >= level {
				end++
			}
			slices.Reverse(visual[start:end])
			slices.Reverse(levels[start:end])
			start = end
		}
	}
	return visual
}

func mirrored(r rune) rune {
	switch r {
	case '(':
		return ')'
	case ')':
		return '('
	case '[':
		return ']'
	case ']':
		return '['
	case '{':
		return '}'
	case '}':
		return '{'
	case '<':
		return '>'
	case '>':
		return '<'
	case '«':
		return '»'
	case '»':
		return '«'
	}
	return r
}
