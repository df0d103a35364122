package payloadcodec

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// The metadata of an encrypted payload. It is not secret: Temporal's UI shows it of
// payloads that it cannot decrypt.
const (
	metadataKeyID     = "encryption-key-id"
	encodingEncrypted = "binary/encrypted"
)

// maxShownID bounds how much of an unknown key's id an error quotes: callers can send
// any.
const maxShownID = 64

var (
	// ErrUnknownKey is what a DecodeError is when the payload's key is none of those
	// configured.
	ErrUnknownKey = errors.New("MTF_PAYLOAD_KEYS does not have it")
	// ErrNotAuthentic is what a DecodeError is when the key exists and does not open
	// the payload: one of both is not what it was.
	ErrNotAuthentic = errors.New("it does not open the payload: the payload was changed, or another key had this id")
)

// DecodeError says under which key a payload could not be decrypted, and why.
type DecodeError struct {
	KeyID string
	Err   error
}

// Error says what is wrong without anything of the payload.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("payload key %q: %v", e.KeyID, e.Err)
}

// Unwrap returns ErrUnknownKey or ErrNotAuthentic.
func (e *DecodeError) Unwrap() error { return e.Err }

// Codec encrypts and decrypts payloads. It is safe for concurrent use.
type Codec struct {
	keys Keys
	// writesClear has it decrypt alone.
	writesClear bool
}

var _ converter.PayloadCodec = Codec{}

// Codec returns the codec of the keys.
func (k Keys) Codec() Codec { return Codec{keys: k} }

// Encode encrypts every payload under the first key. Without a key it leaves them as
// they are.
func (c Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if c.writesClear || c.keys.Empty() {
		return payloads, nil
	}
	active := c.keys.keys[0]
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := proto.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("payloadcodec: %w", err)
		}
		encoded[i] = &commonpb.Payload{
			Metadata: map[string][]byte{
				converter.MetadataEncoding: []byte(encodingEncrypted),
				metadataKeyID:              []byte(active.id),
			},
			Data: active.aead.Seal(nil, nil, plain, associated(active.id)),
		}
	}
	return encoded, nil
}

// Decode decrypts the encrypted payloads and returns unencrypted payloads unchanged: a
// client without a key wrote them. It returns a *DecodeError for the first payload that
// it cannot decrypt.
func (c Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if !Encrypted(payload) {
			decoded[i] = payload
			continue
		}
		id := string(payload.GetMetadata()[metadataKeyID])
		used, known := c.keys.find(id)
		if !known {
			return nil, &DecodeError{KeyID: id[:min(len(id), maxShownID)], Err: ErrUnknownKey}
		}
		plain, err := used.aead.Open(nil, nil, payload.GetData(), associated(id))
		if err != nil {
			return nil, &DecodeError{KeyID: id, Err: ErrNotAuthentic}
		}
		decoded[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, decoded[i]); err != nil {
			return nil, &DecodeError{KeyID: id, Err: ErrNotAuthentic}
		}
	}
	return decoded, nil
}

// Encrypted reports whether Encode encrypted a payload.
func Encrypted(payload *commonpb.Payload) bool {
	return string(payload.GetMetadata()[converter.MetadataEncoding]) == encodingEncrypted
}

// associated returns the data that is authenticated with a payload but not part of it: the
// version of the format and the key's id. It does not include the workflow, because the
// Temporal UI sends payloads for decryption without their workflow.
func associated(keyID string) []byte { return []byte("mtf payload 1 " + keyID) }
