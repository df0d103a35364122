package operators

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	commonpb "go.temporal.io/api/common/v1"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

const tagOperations = "Operations"

// CodecPath is the codec endpoint to configure in the Temporal UI, which appends the operation.
const CodecPath = "/api/v1/codec"

const codecDecodePath = CodecPath + "/decode"

// codecRoutes registers decoding only. Workflows are started and signalled through the other
// operations, which validate the input and know the caller.
func (h *handlers) codecRoutes() {
	h.TrustLocally(codecDecodePath, temporalUI)
	rest.Register(h.API, rest.Operation{
		ID: "decodePayloads", Method: http.MethodPost, Path: codecDecodePath, Tag: tagOperations, Access: rest.Writers,
		Summary: "Decrypt workflow payloads for the Temporal UI",
		Description: "Implements the protocol of Temporal codec servers: it accepts payloads as shown by the Temporal " +
			"UI or the `temporal` CLI and returns them decrypted, in the same order. Payloads that are not encrypted are " +
			"returned unchanged. The caller and the number of payloads are logged, never their content.",
		Success:  "The decrypted payloads.",
		Refusals: []refusal.Code{refusal.PayloadNotDecodable},
	}, h.decodePayloads)
}

// CodecPayloads are payloads in the JSON of Temporal's protocol.
type CodecPayloads struct {
	Payloads []CodecPayload `json:"payloads" nullable:"false" doc:"At most 1 MiB in total."`
}

// CodecPayload is one payload.
type CodecPayload struct {
	Metadata map[string][]byte `json:"metadata,omitempty" doc:"The encoding of the data; each value is in base64." example:"{\"encoding\":\"anNvbi9wbGFpbg==\"}"`
	Data     []byte            `json:"data,omitempty" doc:"The data in base64." example:"IkJvbmpvdXIi"`
}

func (h *handlers) decodePayloads(ctx context.Context, input *struct{ Body CodecPayloads }) (*struct{ Body CodecPayloads }, error) {
	payloads := make([]*commonpb.Payload, len(input.Body.Payloads))
	encrypted := 0
	for i, payload := range input.Body.Payloads {
		payloads[i] = &commonpb.Payload{Metadata: payload.Metadata, Data: payload.Data}
		if payloadcodec.Encrypted(payloads[i]) {
			encrypted++
		}
	}
	decoded, err := h.PayloadKeys.Codec().Decode(payloads)
	slog.InfoContext(ctx, "payloads decoded", rest.LogRequestID, rest.RequestID(ctx), "actor", h.MaskActor(rest.Caller(ctx).ID),
		"payloads", len(payloads), "encrypted", encrypted, "refused", err != nil)
	if failure, refused := errors.AsType[*payloadcodec.DecodeError](err); refused {
		return nil, refusal.New(refusal.PayloadNotDecodable).With("key_id", failure.KeyID).With("reason", failure.Err.Error())
	}
	if err != nil {
		return nil, err
	}
	answer := CodecPayloads{Payloads: make([]CodecPayload, len(decoded))}
	for i, payload := range decoded {
		answer.Payloads[i] = CodecPayload{Metadata: payload.GetMetadata(), Data: payload.GetData()}
	}
	return &struct{ Body CodecPayloads }{answer}, nil
}

// temporalUI is the actor of the Temporal UI on a developer's machine, where its users do not log in.
var temporalUI = identity.Actor{ID: "temporal-ui", Roles: []string{identity.Ops}}
