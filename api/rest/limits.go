package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// The size limits of requests. The limit of net/http, HardHeaderBytes, is far higher.
const (
	maxBodyBytes   = 1 << 20
	maxURLBytes    = 8 << 10
	maxHeaderBytes = 32 << 10

	// HardHeaderBytes is the limit of the server, which stops reading there.
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

// limitBody refuses a body whose announced length is too large, before it is read. huma stops
// reading bodies without a length at the limit.
func limitBody(ctx huma.Context, next func(huma.Context)) {
	if r, w := humachi.Unwrap(ctx); r.ContentLength > maxBodyBytes {
		refuseSize(w, r, codePayloadTooLarge)
		return
	}
	next(ctx)
}

func refuseSize(w http.ResponseWriter, r *http.Request, code refusal.Code) {
	// The rest of the request is not read.
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

// dataPrefixes are the prefixes of paths whose answers contain client data.
var dataPrefixes = []string{"/api/", "/v1/", "/v2/"}

// secure sets security headers. Answers under dataPrefixes contain personal data and links with
// tokens, so they are not cached, and no referrer is sent.
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
