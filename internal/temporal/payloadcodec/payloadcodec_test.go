package payloadcodec

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"
)

// newKeys makes keys with the ids.
func newKeys(t *testing.T, ids ...string) Keys {
	t.Helper()
	return parse(t, generate(t, ids...))
}

func generate(t *testing.T, ids ...string) string {
	t.Helper()
	texts := make([]string, len(ids))
	for i, id := range ids {
		text, err := Generate(id)
		require.NoError(t, err)
		texts[i] = text
	}
	return strings.Join(texts, ",")
}

func parse(t *testing.T, text string) Keys {
	t.Helper()
	keys, err := ParseKeys(text)
	require.NoError(t, err)
	return keys
}

type person struct {
	Name string `json:"name"`
	CIN  string `json:"cin"`
}

var zoubida = person{Name: "Zoubida Quxley", CIN: "QZ918273"}

func TestPayloadsAreEncryptedAndComeBack(t *testing.T) {
	t.Parallel()
	codec := newKeys(t, "now", "before").Codec()
	rapid.Check(t, func(t *rapid.T) {
		var payloads []*commonpb.Payload
		for _, data := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 200)).Draw(t, "data") {
			payloads = append(payloads, &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: data})
		}
		encoded, err := codec.Encode(payloads)
		require.NoError(t, err)
		decoded, err := codec.Decode(encoded)
		require.NoError(t, err)
		require.Len(t, decoded, len(payloads))
		for i, payload := range payloads {
			require.True(t, Encrypted(encoded[i]))
			require.True(t, proto.Equal(payload, decoded[i]))
		}
	})
}

func TestNothingOfAPayloadIsInClear(t *testing.T) {
	t.Parallel()
	data := newKeys(t, "2026-11").DataConverter()
	first, err := data.ToPayload(zoubida)
	require.NoError(t, err)
	second, err := data.ToPayload(zoubida)
	require.NoError(t, err)
	written := fmt.Sprint(first)
	require.NotContains(t, written, "Zoubida")
	require.NotContains(t, written, zoubida.CIN)
	require.NotContains(t, written, "json/plain", "the encoding of what is encrypted shows")
	require.NotEqual(t, first.GetData(), second.GetData(), "the nonce is the same twice")
	var back person
	require.NoError(t, data.FromPayload(second, &back))
	require.Equal(t, zoubida, back)
}

func TestOldKeysStillDecryptAndTheFirstEncrypts(t *testing.T) {
	t.Parallel()
	texts := strings.Split(generate(t, "new", "old"), ",")
	old, rotated, last := parse(t, texts[1]), parse(t, texts[0]+","+texts[1]), parse(t, texts[0])
	payload, err := old.DataConverter().ToPayload(zoubida)
	require.NoError(t, err)
	var back person
	require.NoError(t, rotated.DataConverter().FromPayload(payload, &back))
	require.Equal(t, zoubida, back)

	err = last.DataConverter().FromPayload(payload, &back)
	require.ErrorIs(t, err, ErrUnknownKey)
	require.ErrorContains(t, err, `"old"`)
	require.ErrorContains(t, err, "MTF_PAYLOAD_KEYS")

	payload, err = rotated.DataConverter().ToPayload(zoubida)
	require.NoError(t, err)
	require.NoError(t, last.DataConverter().FromPayload(payload, &back), "the first key is not the one that encrypts")
}

func TestWhatWasWrittenBeforeThereWasAKeyIsRead(t *testing.T) {
	t.Parallel()
	payload, err := converter.GetDefaultDataConverter().ToPayload(zoubida)
	require.NoError(t, err)
	for _, keys := range []Keys{{}, newKeys(t, "now")} {
		var back person
		require.NoError(t, keys.DataConverter().FromPayload(payload, &back))
		require.Equal(t, zoubida, back)
	}
	// Without a key nothing is encrypted, and an encrypted payload names its key.
	plain, err := Keys{}.DataConverter().ToPayload(zoubida)
	require.NoError(t, err)
	require.True(t, proto.Equal(payload, plain))
	encrypted, err := newKeys(t, "theirs").DataConverter().ToPayload(zoubida)
	require.NoError(t, err)
	require.ErrorContains(t, Keys{}.DataConverter().FromPayload(encrypted, new(person)), `"theirs"`)
}

func TestAChangedPayloadIsRefused(t *testing.T) {
	t.Parallel()
	// The same key has two ids: only the authenticated data distinguishes them.
	text := generate(t, "one")
	keys := parse(t, text+",two:"+strings.TrimPrefix(text, "one:"))
	for name, change := range map[string]func(*commonpb.Payload){
		"data":     func(p *commonpb.Payload) { p.Data[len(p.Data)/2] ^= 1 },
		"nonce":    func(p *commonpb.Payload) { p.Data[0] ^= 1 },
		"cut off":  func(p *commonpb.Payload) { p.Data = p.Data[:5] },
		"empty":    func(p *commonpb.Payload) { p.Data = nil },
		"other id": func(p *commonpb.Payload) { p.Metadata["encryption-key-id"] = []byte("two") },
	} {
		payload, err := keys.DataConverter().ToPayload(zoubida)
		require.NoError(t, err)
		change(payload)
		require.ErrorIs(t, keys.DataConverter().FromPayload(payload, new(person)), ErrNotAuthentic, name)
	}
}

// A workflow must not fail for good because one worker does not have the key.
func TestAWorkflowWithoutItsKeyIsStoppedAndNotFailed(t *testing.T) {
	t.Parallel()
	payload, err := newKeys(t, "theirs").DataConverter().ToPayload(zoubida)
	require.NoError(t, err)
	inWorkflow := workflow.ContextAware(newKeys(t, "ours").DataConverter().(dataConverter)).WithWorkflowContext(nil)
	require.Panics(t, func() { _ = inWorkflow.FromPayload(payload, new(person)) })
	require.Panics(t, func() {
		_ = inWorkflow.FromPayloads(&commonpb.Payloads{Payloads: []*commonpb.Payload{payload}}, new(person))
	})
	text, err := converter.GetDefaultDataConverter().ToPayload("a text")
	require.NoError(t, err)
	require.Error(t, inWorkflow.FromPayload(text, new(person)), "a payload of another type is the workflow's own fault")
}

func TestSchedulesAreWrittenInClearAndStillReadWithTheirKey(t *testing.T) {
	t.Parallel()
	data := newKeys(t, "now").DataConverter()
	scheduled := workflow.ContextAware(data.(dataConverter)).WithContext(InClear(t.Context()))
	payload, err := scheduled.ToPayload("monthly billing")
	require.NoError(t, err)
	require.Contains(t, string(payload.GetData()), "monthly billing")
	payload, err = data.ToPayload("daily sync")
	require.NoError(t, err)
	var summary string
	require.NoError(t, scheduled.FromPayload(payload, &summary))
	require.Equal(t, "daily sync", summary)
	payload, err = workflow.ContextAware(data.(dataConverter)).WithContext(t.Context()).ToPayload(zoubida)
	require.NoError(t, err)
	require.True(t, Encrypted(payload))
}

func TestFailuresAreEncrypted(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, "now")
	cause := errors.New("no client has the CIN " + zoubida.CIN)
	failed := temporal.NewApplicationErrorWithCause("cannot bill "+zoubida.Name, "client_missing", cause, zoubida)
	failure := keys.FailureConverter().ErrorToFailure(failed)
	written, err := proto.Marshal(failure)
	require.NoError(t, err)
	require.NotContains(t, string(written), zoubida.CIN)
	require.NotContains(t, string(written), "Zoubida")
	require.NotContains(t, string(written), "cannot bill")

	back := keys.FailureConverter().FailureToError(failure)
	require.ErrorContains(t, back, "cannot bill "+zoubida.Name)
	application, ok := errors.AsType[*temporal.ApplicationError](back)
	require.True(t, ok)
	require.Equal(t, "client_missing", application.Type())
	var details person
	require.NoError(t, application.Details(&details))
	require.Equal(t, zoubida, details)

	inClear := Keys{}.FailureConverter().ErrorToFailure(failed)
	require.Contains(t, inClear.GetMessage(), "cannot bill")
	require.ErrorContains(t, keys.FailureConverter().FailureToError(inClear), "cannot bill", "failures from before there was a key")
}

func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	secret := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	for text, problem := range map[string]string{
		secret:                                  "ID:KEY",
		":" + secret:                            "ID:KEY",
		"a b:" + secret:                         "ID:KEY",
		"id:":                                   "ID:KEY",
		"id:" + secret[:20]:                     "32 bytes in base64",
		"id:not base64 at all":                  "32 bytes in base64",
		"a:" + secret + ",a:" + secret:          "two keys have the id a",
		"a:" + secret + ",b:" + secret + "AAAA": "key b must be 32 bytes",
	} {
		_, err := ParseKeys(text)
		require.ErrorContains(t, err, problem)
		require.NotContains(t, err.Error(), secret[:12], "the error quotes the key")
	}
	keys, err := ParseKeys(" a:" + secret + ", b:" + secret + ",")
	require.NoError(t, err)
	require.False(t, keys.Empty())
	none, err := ParseKeys("")
	require.NoError(t, err)
	require.True(t, none.Empty())
	for _, shown := range []string{fmt.Sprint(keys), fmt.Sprintf("%+v %#v %s", keys, keys, keys), fmt.Sprintf("%+v", struct{ K Keys }{keys})} {
		require.Contains(t, shown, "[a b]")
		require.NotContains(t, shown, "ssss")
		require.NotContains(t, shown, secret[:12])
	}
	_, err = Generate("an id")
	require.Error(t, err)
}
