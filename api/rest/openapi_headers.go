package rest

import "github.com/danielgtaylor/huma/v2"

// headers are the response headers.
var headers = map[string]*huma.Header{
	headerRequestID:       header("The id of the request: sent by the caller, or generated. Errors repeat it as `trace_id`.", exampleTraceID),
	"Location":            header("Where to find the outcome.", "/api/v1/billing/runs/01932c01-2b6d-7a90-8c3f-e1d47b5a6f02"),
	"Retry-After":         header("Seconds to wait before repeating the request.", "2"),
	"Content-Disposition": header("The name of the file.", "attachment; filename=invoice-01932c05-51aa-7d27-b8e6-3f90c4d1a7e5.pdf"),
	"Content-Range":       header("The returned part and the size of the whole file.", "bytes 0-1023/18231"),
	"Accept-Ranges":       header("The unit of `Range` requests.", "bytes"),
	headerErrorCode:       header("The stable error code, which this error body does not contain.", "offer_not_found"),
	"WWW-Authenticate":    header("The authentication scheme.", "Bearer"),
}

func header(description, example string) *huma.Header {
	return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
}

// headerRefs returns references to headers.
func headerRefs(names ...string) map[string]*huma.Header {
	refs := map[string]*huma.Header{}
	for _, name := range names {
		refs[name] = &huma.Header{Ref: "#/components/headers/" + name}
	}
	return refs
}
