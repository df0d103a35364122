package rest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStoredJSONIsWrittenInOrderWithSpaces(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]string{
		`{"status":"draft","offer_id":"2bf7"}`: `{"offer_id": "2bf7", "status": "draft"}`,
		`{"to":"active","from":"draft"}`:       `{"from": "draft", "to": "active"}`,
		`{}`:                                   `{}`,
		`[]`:                                   `[]`,
		`null`:                                 `null`,
		`{"b":[1,{"d":null,"c":true}],"a":false}`: `{"a": false, "b": [1, {"c": true, "d": null}]}`,
		`{"a":{"z":{"y":1,"x":2}}}`:               `{"a": {"z": {"x": 2, "y": 1}}}`,
		`{"amount":"199.00","days":30}`:           `{"amount": "199.00", "days": 30}`,
		`{"exact":0.10000000000000000001}`:        `{"exact": 0.10000000000000000001}`,
		`{"large":12345678901234567890}`:          `{"large": 12345678901234567890}`,
		`{"quote":"a \"b\" \\ c"}`:                `{"quote": "a \"b\" \\ c"}`,
		`{"B":1,"a":2,"A":3,"":4}`:                `{"": 4, "A": 3, "B": 1, "a": 2}`,
		" {\n \"spaced\" : [ 1 , 2 ] } ":          `{"spaced": [1, 2]}`,
	} {
		assert.Equal(t, want, SortedJSON(json.RawMessage(stored)), stored)
	}
}

func TestStoredMarkupIsWrittenAsItIs(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `{"note": "<b> & co"}`, SortedJSON(json.RawMessage(`{"note":"<b> & co"}`)))
}

func FuzzSortedJSONMeansTheSame(f *testing.F) {
	for _, stored := range []string{`{"b":[1,{"d":null}],"a":"é\u2028"}`, `1e400`, `"x"`, `{"a":{"a":{}}}`, `{"a":1,"a":2}`, `[[],{}]`} {
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		if !json.Valid([]byte(stored)) {
			return
		}
		written := SortedJSON(json.RawMessage(stored))
		require.True(t, json.Valid([]byte(written)), "%s becomes %s", stored, written)
		require.Equal(t, decoded(t, stored), decoded(t, written), "%s becomes %s", stored, written)
		require.Equal(t, written, SortedJSON(json.RawMessage(written)), "written once more")
	})
}

// decoded keeps numbers as they are written.
func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value), text)
	return value
}
