package rest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"time"
)

// asset is a file that does not change while the program runs.
type asset struct {
	contentType  string
	cacheControl string
	// hash is the hash of the plain content, in hexadecimal.
	hash string
	// compressed is the content in gzip; plain returns the content for clients that do not
	// accept gzip.
	compressed []byte
	plain      func() []byte
}

// How long a client may cache an asset: forever if the hash is part of its URL. Otherwise the
// client must revalidate it.
const (
	cacheForever    = "public, max-age=31536000, immutable"
	cacheRevalidate = "no-cache"
)

// newAsset compresses content.
func newAsset(contentType, cacheControl string, content []byte) *asset {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	// Writing to memory does not fail.
	_, _ = writer.Write(content)
	_ = writer.Close()
	return &asset{
		contentType: contentType, cacheControl: cacheControl, hash: contentHash(content),
		compressed: compressed.Bytes(), plain: func() []byte { return content },
	}
}

// compressedAsset returns the asset of embedded gzip content. It panics if the content is not gzip.
func compressedAsset(contentType, cacheControl string, compressed []byte) *asset {
	plain := func() []byte {
		reader, err := gzip.NewReader(bytes.NewReader(compressed))
		if err != nil {
			panic(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			panic(err)
		}
		return content
	}
	return &asset{contentType: contentType, cacheControl: cacheControl, hash: contentHash(plain()), compressed: compressed, plain: plain}
}

func contentHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// ServeHTTP sends the asset, or 304 to a client that has its current version.
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", a.cacheControl)
	header.Add("Vary", "Accept-Encoding")
	content, tag := a.compressed, a.hash+"-gzip"
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
	} else {
		content, tag = a.plain(), a.hash
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reports whether the header Accept-Encoding names gzip or *, with a weight other than zero.
func acceptsGzip(accepted string) bool {
	everything := false
	for coding := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		refused := strings.TrimRight(strings.TrimSpace(weight), ".0") == "q="
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return !refused
		case "*":
			everything = !refused
		}
	}
	return everything
}
