package api

import (
	"net/http"
	"strings"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// The sizes of requests. What net/http itself refuses, before any of this is asked,
// is far beyond them.
const (
	maxBodyBytes   = 1 << 20
	maxURLBytes    = 8 << 10
	maxHeaderBytes = 32 << 10

	// hardHeaderBytes is for the server: past it nothing more is read.
	hardHeaderBytes = 128 << 10
)

// limitSizes refuses what is announced as too large before it is read.
func limitSizes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(code refusal.Code) {
			// The rest of the request is not worth reading.
			w.Header().Set("Connection", "close")
			writeEnvelope(w, faultEnvelope(r.Context(), code))
		}
		switch {
		case len(r.RequestURI) > maxURLBytes:
			refuse(codeURITooLong)
		case headerBytes(r.Header) > maxHeaderBytes:
			refuse(codeHeadersTooLarge)
		case r.ContentLength > maxBodyBytes:
			refuse(codePayloadTooLarge)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func headerBytes(header http.Header) int {
	total := 0
	for name, values := range header {
		for _, value := range values {
			total += len(name) + len(value) + len(": \r\n")
		}
	}
	return total
}

// secure says to browsers what the answers are not for. Answers under /api carry
// personal data and links with tokens, so nothing keeps them and no link leads out
// with an address in it.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		if strings.HasPrefix(r.URL.Path, "/api/") {
			header.Set("Cache-Control", "no-store")
			header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		}
		next.ServeHTTP(w, r)
	})
}
