package rest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

func TestTimestampsAreUTCWithSixDigits(t *testing.T) {
	t.Parallel()
	instant := time.Date(2026, 11, 22, 15, 29, 16, 747_600_000, time.UTC)
	for want, at := range map[string]time.Time{
		"2026-11-22T15:29:16.747600Z":  instant,
		"2026-11-22T14:29:16.747600Z":  time.Date(2026, 11, 22, 15, 29, 16, 747_600_000, time.FixedZone("", 3600)),
		"2026-11-22T15:29:16.000000Z":  instant.Truncate(time.Second),
		"2026-11-22T15:29:16.747600Z ": instant.Add(999 * time.Nanosecond),
	} {
		text, err := Timestamp(at).MarshalText()
		require.NoError(t, err)
		assert.Equal(t, want[:27], string(text))
	}
	encoded, err := json.Marshal(map[string]any{"at": Timestamp(instant), "none": OptionalTimestamp(nil), "some": OptionalTimestamp(&instant)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"at": "2026-11-22T15:29:16.747600Z", "none": null, "some": "2026-11-22T15:29:16.747600Z"}`, string(encoded))
}

func TestOnlyCanonicalUUIDsNameSomething(t *testing.T) {
	t.Parallel()
	const text = "4d912278-fadc-42a7-9d2e-a6bc67dd9da6"
	want := uuid.MustParse(text)
	assert.Equal(t, want, ParseID(text))
	assert.Equal(t, want, ParseID("4D912278-FADC-42A7-9D2E-A6BC67DD9DA6"))
	for _, text := range []string{
		"", "1", "nonsense", text + " ", " " + text, "{" + text + "}", "urn:uuid:" + text, "4d912278fadc42a79d2ea6bc67dd9da6",
		"4d912278-fadc-42a7-9d2e-a6bc67dd9da", "4d912278-fadc-42a7-9d2e-a6bc67dd9dag", "4d912278+fadc-42a7-9d2e-a6bc67dd9da6",
		"00000000-0000-0000-0000-000000000000", "' OR 1=1 --", text + "\x00",
	} {
		assert.Equal(t, uuid.Nil, ParseID(text), "%q", text)
		require.NotNil(t, OptionalID(&text), "%q: what was sent is not the same as nothing", text)
		assert.Equal(t, uuid.Nil, *OptionalID(&text), "%q", text)
	}
	assert.Nil(t, OptionalID(nil))
}

// update is a partial update with a field of every kind.
type update struct {
	Name   Optional[string]        `json:"name"`
	Days   Optional[int32]         `json:"days"`
	Active Optional[bool]          `json:"active"`
	Date   Optional[calendar.Date] `json:"date"`
}

func TestAFieldKnowsWhetherItWasSent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Optional[string]{
		`{}`:                          {},
		`{"other":1}`:                 {},
		`{"name":null}`:               {Present: true, Null: true},
		`{"name":""}`:                 {Present: true},
		`{"name":"null"}`:             {Present: true, Value: "null"},
		`{"name":"Leila"}`:            {Present: true, Value: "Leila"},
		`{"name":"old","name":"new"}`: {Present: true, Value: "new"},
		`{"name":null,"name":"new"}`:  {Present: true, Value: "new"},
	} {
		var got update
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		assert.Equal(t, want, got.Name, text)
	}
	for _, text := range []string{`{"name":1}`, `{"days":"1"}`, `{"days":2147483648}`, `{"active":"yes"}`, `{"date":"2026-02-30"}`} {
		assert.Error(t, json.Unmarshal([]byte(text), new(update)), text)
	}
}

func TestOnlyWhatIsSentChanges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		name string
		days int32
		note *string
	}{
		`{}`:                      {"stored", 30, new("stored")},
		`{"name":"sent"}`:         {"sent", 30, new("sent")},
		`{"name":""}`:             {"", 30, new("")},
		`{"days":0}`:              {"stored", 0, new("stored")},
		`{"name":"x","days":60}`:  {"x", 60, new("x")},
		`{"active":true}`:         {"stored", 30, new("stored")},
		`{"name":null,"days":30}`: {"", 30, nil},
	} {
		var sent update
		require.NoError(t, json.Unmarshal([]byte(text), &sent), text)
		name, days, note := "stored", int32(30), new("stored")
		sent.Name.Set(&name)
		sent.Days.Set(&days)
		sent.Name.SetOptional(&note)
		assert.Equal(t, want.name, name, text)
		assert.Equal(t, want.days, days, text)
		assert.Equal(t, want.note, note, text)
	}
}

func TestAFieldWithoutAValuePointsNowhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*string{
		`{}`: nil, `{"name":null}`: nil, `{"name":""}`: new(""), `{"name":"sent"}`: new("sent"),
	} {
		var sent update
		require.NoError(t, json.Unmarshal([]byte(text), &sent), text)
		assert.Equal(t, want, sent.Name.Pointer(), text)
	}
}

func TestMoneyIsReadFromTextAndNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Amount{
		`"199.00"`: 19_900, `199`: 19_900, `199.005`: 19_901, `"0.004"`: 0, `1e3`: 100_000, `" 12 "`: 1_200, `"1\u0030"`: 1_000, `9999999999.99`: money.MaxAmount,
		`0.1`: 10, `0.285`: 29, `1.005`: 101, // None of them is exact as a float.
	} {
		var input AmountInput
		require.NoError(t, json.Unmarshal([]byte(text), &input), text)
		assert.NoError(t, input.err, text)
		assert.Equal(t, want, input.Amount, text)
	}
	for _, text := range []string{`""`, `"NaN"`, `"Infinity"`, `1e10`, `"10000000000"`, `true`, `{}`, `[1]`, `"-"`} {
		var amount AmountInput
		require.NoError(t, json.Unmarshal([]byte(text), &amount), text)
		assert.Error(t, amount.err, text)
		var rate RateInput
		require.NoError(t, json.Unmarshal([]byte(text), &rate), text)
		assert.Equal(t, text == `1e10` || text == `"10000000000"`, rate.err == nil, "rate %s: %v", text, rate.err)
	}
}
