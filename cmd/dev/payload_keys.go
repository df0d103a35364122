package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

// payloadKeysFile holds the key of a development stack, in its data directory. Payloads cannot be
// read without this file.
const payloadKeysFile = "payload.keys"

// payloadKeys returns the keys that the data directory has, and makes the first one: encryption is the usual case, so it
// is so in development too.
func payloadKeys(dataDir string) (payloadcodec.Keys, error) {
	path := filepath.Join(dataDir, payloadKeysFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		content, err = makePayloadKey(path)
	}
	if err != nil {
		return payloadcodec.Keys{}, fmt.Errorf("the key of what Temporal keeps: %w", err)
	}
	keys, err := payloadcodec.ParseKeys(string(content))
	if err != nil {
		return payloadcodec.Keys{}, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

func makePayloadKey(path string) ([]byte, error) {
	key, err := payloadcodec.Generate("development")
	if err != nil {
		return nil, err
	}
	return []byte(key), os.WriteFile(path, []byte(key+"\n"), 0o600)
}
