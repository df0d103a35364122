package api

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/archive"
	"github.com/mtfacturation/mtf/internal/process"
)

// sendFile answers with a PDF; a Range request gets the part it asks for.
func sendFile(file archive.File) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humachi.Unwrap(ctx)
		w.Header().Set("Content-Type", mediaPDF)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
		// A document never changes, so its content alone identifies it: no date is needed.
		http.ServeContent(w, r, file.Name, time.Time{}, bytes.NewReader(file.Content))
	}}
}

func isPending(err error) bool { return errors.Is(err, process.ErrPending) }
