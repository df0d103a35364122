package rest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/google/uuid"
)

// keyset is where in a sorted list a row is.
type keyset struct {
	// value is what the row is sorted by, as PostgreSQL reads it from text.
	value string
	id    uuid.UUID
}

// cursors turns places into cursors and back. A cursor is encrypted, since it may
// hold a name and is sent in URLs, and it opens only for what it was made for.
type cursors struct{ aead cipher.AEAD }

var errCursor = errors.New("api: not a cursor of this list in this order with these filters")

// newCursors returns cursors of a key of their own, derived from the secret: all
// programs that share the secret can continue each other's lists.
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

// seal returns the cursor that continues a list behind a place. list says which
// rows in which order.
func (c cursors) seal(at keyset, list string) string {
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nil, nil, append(at.id[:], at.value...), []byte(list)))
}

// open returns the place of a cursor that seal made for the same list, and
// errCursor for everything else.
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
