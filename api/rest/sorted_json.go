package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// SortedJSON formats a stored JSON object like the original system: with sorted keys and a space after
// every comma and colon.
func SortedJSON(stored json.RawMessage) string {
	decoder := json.NewDecoder(strings.NewReader(string(stored)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		// The column is jsonb: it cannot hold anything that does not decode.
		return string(stored)
	}
	var b strings.Builder
	writeSorted(&b, value)
	return b.String()
}

func writeSorted(b *strings.Builder, value any) {
	switch value := value.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				b.WriteString(", ")
			}
			writeSorted(b, key)
			b.WriteString(": ")
			writeSorted(b, value[key])
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				b.WriteString(", ")
			}
			writeSorted(b, item)
		}
		b.WriteByte(']')
	default:
		var encoded strings.Builder
		encoder := json.NewEncoder(&encoded)
		encoder.SetEscapeHTML(false)
		// Decoded scalars can always be encoded.
		_ = encoder.Encode(value)
		b.WriteString(strings.TrimSuffix(encoded.String(), "\n"))
	}
}
