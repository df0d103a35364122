package rest

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnstorableEscapesAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		``: false, `{}`: false, `"plain"`: false, `"é"`: false,
		`"\u0001"`: false, `"\u00e9"`: false, `"\uFFFF"`: false, `"\u1000"`: false, `"\n\t\"\\\/"`: false,
		`"\u0000"`: true, `"a\u0000b"`: true, `{"a\u0000":1}`: true, `["ok","\u0000"]`: true,
		`"\\u0000"`: false, `"\\\u0000"`: true, `"\\\\u0000"`: false, `"\"\u0000"`: true,
		`"\ud83d\ude00"`: false, `"\uD83D\uDE00"`: false, `"\ud83d\ude00\ud83d\ude00"`: false, `"\udbff\udfff"`: false,
		`"\ud800"`: true, `"\udfff"`: true, `"\udbff"`: true, `"\udc00"`: true, `"\ude00\ud83d"`: true,
		`"\ud83d\ud83d\ude00"`: true, `"\ud83dx"`: true, `"\ud83d\n"`: true, `"\ud83d \ude00"`: true, `"\ud83d\\ude00"`: true,
		`"\ud83d\u0041"`: true, `"\ud83d\ude00\ude00"`: true, `"\ud7ff\ue000"`: false,
	} {
		assert.Equal(t, want, hasUnstorableEscape([]byte(text)), text)
	}
}

func TestBodiesAreRefusedForTextThatNoColumnHolds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		`{"name":"Leïla 😀"}`: nil, `{"name":"\ud83d\ude00"}`: nil,
		`{"name":"\u0000"}`: errText, `{"name":"\ud83d"}`: errText, "{\"name\":\"\xff\"}": errText, "{\"name\":\"\xed\xa0\x80\"}": errText,
	} {
		var body struct{ Name string }
		err := jsonFormat.Unmarshal([]byte(text), &body)
		if want == nil {
			assert.NoError(t, err, text)
			assert.NotEmpty(t, body.Name, text)
			continue
		}
		assert.ErrorIs(t, err, want, text)
		assert.Empty(t, body.Name, text)
	}
	assert.Error(t, jsonFormat.Unmarshal([]byte(`{"name":"\uZZZZ"}`), new(any)), "a malformed escape")
}

func FuzzUnstorableEscape(f *testing.F) {
	for _, text := range []string{`"\u0000"`, `"\\u0000"`, `"\ud83d\ude00"`, `"\ud83d"`, `{"\udc00":["\\\u0000"]}`, `"\u`, `"\`, `"\ud83d\`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found := hasUnstorableEscape(data)
		if !json.Valid(data) {
			return // The decoder refuses it in any case.
		}
		require.Equal(t, unstorable(string(data)), found, "%s", data)
	})
}

// unstorable is a plain reading of valid JSON: it decodes every string's UTF-16
// units and looks for NUL and for surrogates without their other half.
func unstorable(text string) bool {
	var units []uint16
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '\\':
			units = append(units, 'x')
		case text[i+1] != 'u':
			units = append(units, 'x')
			i++
		default:
			unit, _ := strconv.ParseUint(text[i+2:i+6], 16, 16)
			units = append(units, uint16(unit))
			i += 5
		}
	}
	for i, unit := range units {
		if unit == 0 {
			return true
		}
		if !utf16.IsSurrogate(rune(unit)) {
			continue
		}
		isPair := func(at int) bool {
			return at >= 0 && at+1 < len(units) && utf16.DecodeRune(rune(units[at]), rune(units[at+1])) != '\uFFFD'
		}
		if !isPair(i) && !isPair(i-1) {
			return true
		}
	}
	return false
}

func TestTheReferenceFindsWhatDecodingReplaces(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"\ud83d"`, `"\ud83d\ude00"`, `"\udc00"`, `"a"`, `"\ud83d\ud83d\ude00"`} {
		var decoded string
		require.NoError(t, json.Unmarshal([]byte(text), &decoded))
		assert.Equal(t, strings.ContainsRune(decoded, '\uFFFD'), unstorable(text), text)
	}
}
