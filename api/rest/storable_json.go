package rest

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

const (
	// maxJSONDepth is far above the depth of forms and far below the limits of parsers.
	maxJSONDepth = 64
	// maxJSONExponent is the exponent of a double. PostgreSQL expands or refuses larger numbers.
	maxJSONExponent = 308
)

// Storable reports whether a jsonb column can store a caller's valid JSON.
func Storable(text json.RawMessage) bool {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return err == io.EOF
		}
		switch token := token.(type) {
		case json.Delim:
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case json.Number:
			if !storableNumber(token.String()) {
				return false
			}
		}
		if depth > maxJSONDepth {
			return false
		}
	}
}

func storableNumber(number string) bool {
	at := strings.IndexAny(number, "eE")
	if at < 0 {
		return len(number) <= maxJSONExponent
	}
	exponent, err := strconv.Atoi(number[at+1:])
	return err == nil && -maxJSONExponent <= exponent && exponent <= maxJSONExponent && at <= maxJSONExponent
}
