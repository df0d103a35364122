package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// The sizes of requests. What net/http itself refuses, before any of this is asked,
// is far beyond them.
const (
	maxBodyBytes   = 1 << 20
	maxURLBytes    = 8 << 10
	maxHeaderBytes = 32 << 10

	// HardHeaderBytes is for the server: past it nothing more is read.
	HardHeaderBytes = 128 << 10
)

// limitSizes refuses a URL or headers that are too large.
func limitSizes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case len(r.RequestURI) > maxURLBytes:
			refuseSize(w, r, codeURITooLong)
		case headerBytes(r.Header) > maxHeaderBytes:
			refuseSize(w, r, codeHeadersTooLarge)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// limitBody refuses a body that is announced as too large before it is read. huma
// stops at one that turns out to be.
func limitBody(ctx huma.Context, next func(huma.Context)) {
	if r, w := humachi.Unwrap(ctx); r.ContentLength > maxBodyBytes {
		refuseSize(w, r, codePayloadTooLarge)
		return
	}
	next(ctx)
}

func refuseSize(w http.ResponseWriter, r *http.Request, code refusal.Code) {
	// The rest of the request is not worth reading.
	w.Header().Set("Connection", "close")
	writeEnvelope(w, faultEnvelope(r.Context(), code))
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

// dataPrefixes begin the paths whose answers carry data of clients.
var dataPrefixes = []string{"/api/", "/v1/", "/v2/"}

// secure says to browsers what the answers are not for. Answers under dataPrefixes carry
// personal data and links with tokens, so nothing keeps them and no link leads out
// with an address in it.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		if slices.ContainsFunc(dataPrefixes, func(prefix string) bool { return strings.HasPrefix(r.URL.Path, prefix) }) {
			header.Set("Cache-Control", "no-store")
			header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		}
		next.ServeHTTP(w, r)
	})
}
