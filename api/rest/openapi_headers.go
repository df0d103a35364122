package rest

import "github.com/danielgtaylor/huma/v2"

// headers are those that answers carry.
var headers = map[string]*huma.Header{
	headerRequestID:       header("The id of this exchange: the caller's own, or one made for it. Errors repeat it as `trace_id`.", exampleTraceID),
	"Location":            header("Where the outcome of the process is found.", "/api/v1/billing/runs/01932c01-2b6d-7a90-8c3f-e1d47b5a6f02"),
	"Retry-After":         header("Seconds to wait before the request is sent again.", "2"),
	"Content-Disposition": header("The file's name.", "attachment; filename=invoice-01932c05-51aa-7d27-b8e6-3f90c4d1a7e5.pdf"),
	"Content-Range":       header("Which part of the file this is, and how long the whole is.", "bytes 0-1023/18231"),
	"Accept-Ranges":       header("Parts of the file can be asked for.", "bytes"),
	headerErrorCode:       header("The stable code of the error, whose body has no place for it.", "offer_not_found"),
	"WWW-Authenticate":    header("How to say who is calling.", "Bearer"),
}

func header(description, example string) *huma.Header {
	return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
}

// headerRefs refers to headers by name.
func headerRefs(names ...string) map[string]*huma.Header {
	refs := map[string]*huma.Header{}
	for _, name := range names {
		refs[name] = &huma.Header{Ref: "#/components/headers/" + name}
	}
	return refs
}
