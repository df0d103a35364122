// Package apikey makes and checks the keys with which programs call the API.
//
// A key is "mtf_", its public id, "_" and a secret of 256 random bits. It is shown
// once, when it is made; only the SHA-256 of the secret is stored. A fast hash
// without salt is right here: slow ones protect secrets that people choose, and of
// 2^256 equally likely ones none is ever guessed, however fast a guess is.
package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

const (
	secretBytes  = 32
	secretBase   = 62
	secretLength = 43 // Digits of 256 bits in base 62: letters and digits alone.
)

var shape = regexp.MustCompile(`^mtf_([0-9a-f]{32})_([0-9A-Za-z]{43})$`)

// Key is a key as its bearer holds it. It prints without its secret.
type Key struct {
	ID     uuid.UUID
	secret string
}

// newKey returns a key with an id and a fresh secret.
func newKey(id uuid.UUID) Key {
	random := make([]byte, secretBytes)
	_, _ = rand.Read(random) // It never fails: the program ends first.
	digits := new(big.Int).SetBytes(random).Text(secretBase)
	return Key{ID: id, secret: strings.Repeat("0", secretLength-len(digits)) + digits}
}

// Parse reads a key and reports whether the text has the shape of one.
func Parse(text string) (Key, bool) {
	parts := shape.FindStringSubmatch(text)
	if parts == nil {
		return Key{}, false
	}
	id, err := uuid.Parse(parts[1])
	return Key{ID: id, secret: parts[2]}, err == nil
}

// Reveal returns the whole key, secret included.
func (k Key) Reveal() string { return k.public() + "_" + k.secret }

// String implements fmt.Stringer with what is not secret.
func (k Key) String() string { return k.public() + "_…" }

// GoString implements fmt.GoStringer with what is not secret.
func (k Key) GoString() string { return k.String() }

func (k Key) public() string { return "mtf_" + hex.EncodeToString(k.ID[:]) }

func (k Key) hash() []byte {
	sum := sha256.Sum256([]byte(k.secret))
	return sum[:]
}
