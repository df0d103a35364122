package rest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJSONThatADatabaseTakesAtACostInProportionIsKeepable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{}`: true, `{"a": [1, 2.5, null, true, "x"]}`: true, `{"a": 12345678901234567890.5}`: true, `{"a": -1e308}`: true,
		`{"a": 1E+308}`: true, `{"a": 1e-308}`: true, `{"1e9999": "1e9999"}`: true,
		`{"a": 1e309}`: false, `{"a": 1e-309}`: false, `{"a": [1e-20000]}`: false, `{"a": 1e99999999999999999999}`: false,
		`{"a": ` + strings.Repeat("9", 308) + `}`: true, `{"a": ` + strings.Repeat("9", 309) + `}`: false,
		`{"a": 0.` + strings.Repeat("9", 309) + `e1}`:                    false,
		strings.Repeat("[", 64) + strings.Repeat("]", 64):                true,
		strings.Repeat("[", 65) + strings.Repeat("]", 65):                false,
		strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65):      false,
		`{"a":[` + strings.Repeat("[],", 500) + `{}]}`:                   true,
		`{"a": ["[[[[", "` + strings.Repeat("{", 500) + `"], "b": "]]"}`: true,
	} {
		assert.Equal(t, want, Storable(json.RawMessage(text)), "%.80s", text)
	}
}
