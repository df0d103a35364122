package rest

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

const (
	// maxJSONDepth is far above any form's and far below what a parser's stack takes.
	maxJSONDepth = 64
	// maxJSONExponent is that of a double; PostgreSQL would write out the zeros of a
	// larger one, or refuse it.
	maxJSONExponent = 308
)

// Storable reports whether a jsonb column can hold valid JSON that a caller made up.
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
