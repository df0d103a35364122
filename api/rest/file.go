package rest

import (
	"bytes"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/documents"
)

// SendFile sends a PDF, or the part that a Range request asks for.
func SendFile(file documents.File) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		w.Header().Set("Content-Type", mediaPDF)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
		// A document never changes, so no modification time is needed.
		http.ServeContent(&rangeWriter{ResponseWriter: w, request: r}, r, file.Name, time.Time{}, bytes.NewReader(file.Content))
	}}
}

// rangeWriter replaces the standard library's plain-text answer to an invalid range by the envelope.
type rangeWriter struct {
	http.ResponseWriter
	request *http.Request
	refused bool
}

// WriteHeader implements http.ResponseWriter.
func (w *rangeWriter) WriteHeader(status int) {
	if status != http.StatusRequestedRangeNotSatisfiable {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.refused = true
	w.Header().Del("Content-Disposition")
	writeEnvelope(w.ResponseWriter, faultEnvelope(w.request.Context(), codeRangeInvalid))
}

// Write implements http.ResponseWriter.
func (w *rangeWriter) Write(content []byte) (int, error) {
	if w.refused {
		return len(content), nil
	}
	return w.ResponseWriter.Write(content)
}
