package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// prefersCSV reports whether a request would rather have CSV than JSON (RFC 9110,
// section 12.5.1). JSON is the answer when both are as good, and when neither is
// asked for.
func prefersCSV(r *http.Request) bool {
	ranges := mediaRanges(strings.Join(r.Header.Values("Accept"), ","))
	return quality(ranges, "text", "csv") > quality(ranges, "application", "json")
}

// mediaRange is an element of the header Accept.
type mediaRange struct {
	kind, subtype string
	parameters    map[string]string
	quality       float64
}

// mediaRanges reads the header. An element that is malformed asks for nothing.
func mediaRanges(accept string) []mediaRange {
	var ranges []mediaRange
	for _, element := range splitList(accept) {
		name, parameters, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		each := mediaRange{quality: 1, parameters: parameters}
		each.kind, each.subtype, _ = strings.Cut(name, "/")
		if weight, given := parameters["q"]; given {
			delete(parameters, "q")
			if each.quality, err = strconv.ParseFloat(weight, 64); err != nil || !(0 <= each.quality && each.quality <= 1) {
				continue
			}
		}
		ranges = append(ranges, each)
	}
	return ranges
}

// splitList splits a header at the commas that are in no quoted text.
func splitList(header string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(header, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}

// quality returns that of the most specific range that a media type fits, 0 for none.
func quality(ranges []mediaRange, kind, subtype string) float64 {
	best, found := -1, 0.0
	for _, each := range ranges {
		specific := each.specificity(kind, subtype)
		if specific > best {
			best, found = specific, each.quality
		} else if specific == best {
			found = max(found, each.quality)
		}
	}
	if best < 0 {
		return 0
	}
	return found
}

// specificity says how closely a range names a media type, -1 when it does not.
func (m mediaRange) specificity(kind, subtype string) int {
	for name, value := range m.parameters {
		// What every answer has; no other parameter is offered.
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return -1
		}
	}
	switch {
	case m.kind == kind && m.subtype == subtype:
		return 2 + len(m.parameters)
	case m.kind == kind && m.subtype == "*":
		return 1
	case m.kind == "*" && m.subtype == "*":
		return 0
	default:
		return -1
	}
}
