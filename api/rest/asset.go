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

// asset is a file that is the same for as long as the program runs.
type asset struct {
	contentType  string
	cacheControl string
	// hash is that of the plain content, in hexadecimal.
	hash string
	// compressed is the content as gzip keeps it; plain is made from it when a client
	// does not take that.
	compressed []byte
	plain      func() []byte
}

// How long a client may keep an asset: one that has its hash in its address for good,
// one that does not until it has asked whether it changed.
const (
	cacheForGood    = "public, max-age=31536000, immutable"
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

// compressedAsset takes content that is compressed already; it panics when it is not,
// since what is embedded is part of the program.
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

// ServeHTTP answers with the asset, or with 304 to a client that has it.
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

// acceptsGzip reads the header Accept-Encoding: gzip is accepted where it is named, or
// everything is, and not with a weight of zero.
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
