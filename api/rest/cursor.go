package rest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/google/uuid"
)

// keyset is the position of a row in a sorted list.
type keyset struct {
	// value is the row's sort key, as text that PostgreSQL parses.
	value string
	id    uuid.UUID
}

// cursors encodes positions as cursors and decodes them. A cursor is encrypted, because it may contain
// a name and is sent in URLs, and is bound to its list.
type cursors struct{ aead cipher.AEAD }

var errCursor = errors.New("api: not a cursor of this list in this order with these filters")

// newCursors derives the key of cursors from the secret. Processes that share the secret accept each
// other's cursors.
func newCursors(secret string) cursors {
	key := sha256.Sum256([]byte("list cursor\x00" + secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("api: a key of 32 bytes fits AES: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("api: AES has a GCM mode: " + err.Error())
	}
	return cursors{aead}
}

// seal returns the cursor that continues a list after a position. list identifies the rows and
// their order.
func (c cursors) seal(at keyset, list string) string {
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nil, nil, append(at.id[:], at.value...), []byte(list)))
}

// open returns the position of a cursor that seal returned for the same list. Otherwise it returns
// errCursor.
func (c cursors) open(cursor, list string) (keyset, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return keyset{}, errCursor
	}
	opened, err := c.aead.Open(nil, nil, sealed, []byte(list))
	if err != nil || len(opened) < len(uuid.UUID{}) {
		return keyset{}, errCursor
	}
	return keyset{id: uuid.UUID(opened[:16]), value: string(opened[16:])}, nil
}
