package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// errText is returned for JSON with strings that PostgreSQL cannot store.
var errText = errors.New("api: JSON contains a NUL, a lone surrogate or invalid UTF-8")

// jsonFormat is plain JSON that refuses strings with NUL characters, lone
// surrogates or invalid UTF-8: the standard decoder would replace the last two
// silently and PostgreSQL refuses the first.
var jsonFormat = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if !utf8.Valid(data) || hasUnstorableEscape(data) {
			return errText
		}
		return json.Unmarshal(data, v)
	},
}

// hasUnstorableEscape reports whether data contains \u0000 or an unpaired surrogate.
func hasUnstorableEscape(data []byte) bool {
	for {
		backslash := bytes.IndexByte(data, '\\')
		if backslash < 0 || backslash+1 >= len(data) {
			return false
		}
		data = data[backslash+1:]
		if data[0] != 'u' {
			data = data[1:]
			continue
		}
		unit, ok := escapedUnit(data)
		if !ok {
			return false // The decoder reports malformed escapes.
		}
		data = data[5:]
		switch {
		case unit == 0, isLowSurrogate(unit):
			return true
		case isHighSurrogate(unit):
			if len(data) == 0 || data[0] != '\\' {
				return true
			}
			low, ok := escapedUnit(data[1:])
			if !ok || !isLowSurrogate(low) {
				return true
			}
			data = data[6:]
		}
	}
}

// escapedUnit reads uXXXX.
func escapedUnit(data []byte) (unit rune, ok bool) {
	if len(data) < 5 || data[0] != 'u' {
		return 0, false
	}
	for _, digit := range data[1:5] {
		switch {
		case '0' <= digit && digit <= '9':
			digit -= '0'
		case 'a' <= digit|0x20 && digit|0x20 <= 'f':
			digit = digit | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}

func isHighSurrogate(unit rune) bool { return 0xD800 <= unit && unit < 0xDC00 }

func isLowSurrogate(unit rune) bool { return 0xDC00 <= unit && unit < 0xE000 }
