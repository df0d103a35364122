// Package payloadcodec encrypts what Temporal keeps of workflows: inputs, results,
// memos, summaries, heartbeats, markers and failures.
//
// Temporal's server and its database hold only ciphertext; the program holds the keys.
// The first key encrypts, and all keys decrypt. Plain text of a client without a key
// can be read.
package payloadcodec

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// keyLength is the length of an AES-256 key in bytes.
const keyLength = 32

// keyID matches valid ids of keys. The id is stored unencrypted with every payload.
var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Keys are the keys of the program, the first of which encrypts. The zero value has
// none: then nothing is encrypted. They show their ids and never themselves.
type Keys struct{ keys []key }

// key is one key, ready to be used and not to be read.
type key struct {
	id   string
	aead cipher.AEAD
}

// ParseKeys reads keys as "id:base64,id:base64". An error never quotes what could be
// a key.
func ParseKeys(text string) (Keys, error) {
	var keys Keys
	for i, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		id, encoded, _ := strings.Cut(part, ":")
		if !keyID.MatchString(id) || encoded == "" {
			return Keys{}, fmt.Errorf("key %d must be ID:KEY, and its id 1 to 64 of the characters A-Z a-z 0-9 . _ -", i+1)
		}
		if _, known := keys.find(id); known {
			return Keys{}, fmt.Errorf("two keys have the id %s", id)
		}
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(secret) != keyLength {
			return Keys{}, fmt.Errorf("key %s must be %d bytes in base64; mtf payload-key makes one", id, keyLength)
		}
		aead, err := newAEAD(secret)
		if err != nil {
			return Keys{}, fmt.Errorf("key %s: %w", id, err)
		}
		keys.keys = append(keys.keys, key{id: id, aead: aead})
	}
	return keys, nil
}

// UnmarshalText is ParseKeys for settings.
func (k *Keys) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKeys(string(text))
	return err
}

// Generate makes a key under an id, in the form that ParseKeys reads.
func Generate(id string) (string, error) {
	if !keyID.MatchString(id) {
		return "", errors.New("payloadcodec: the id of a key is 1 to 64 of the characters A-Z a-z 0-9 . _ -")
	}
	secret := make([]byte, keyLength)
	_, _ = rand.Read(secret) // It never fails: the program ends instead.
	return id + ":" + base64.StdEncoding.EncodeToString(secret), nil
}

// newAEAD returns AES-256-GCM that takes a random nonce for each payload and puts it
// in front. Such nonces are good for 2^32 payloads of one key.
func newAEAD(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Empty reports whether there is no key, and so nothing is encrypted.
func (k Keys) Empty() bool { return len(k.keys) == 0 }

// String shows the ids of the keys.
func (k Keys) String() string {
	ids := make([]string, len(k.keys))
	for i, each := range k.keys {
		ids[i] = each.id
	}
	return "payload keys [" + strings.Join(ids, " ") + "]"
}

// GoString shows no more than String does.
func (k Keys) GoString() string { return k.String() }

func (k Keys) find(id string) (key, bool) {
	for _, each := range k.keys {
		if each.id == id {
			return each, true
		}
	}
	return key{}, false
}
