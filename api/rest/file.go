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

// SendFile answers with a PDF; a Range request gets the part it asks for.
func SendFile(file documents.File) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		w.Header().Set("Content-Type", mediaPDF)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
		// A document never changes, so its content alone identifies it: no date is needed.
		http.ServeContent(&rangeWriter{ResponseWriter: w, request: r}, r, file.Name, time.Time{}, bytes.NewReader(file.Content))
	}}
}

// rangeWriter answers a range that lies outside of the file with the envelope, in
// place of the plain text of the standard library.
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
