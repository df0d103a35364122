// Package api mounts the doors of the HTTP API.
package api

import (
	"net/http"

	"github.com/mtfacturation/mtf/api/contractdocs"
	"github.com/mtfacturation/mtf/api/epilot"
	"github.com/mtfacturation/mtf/api/landing"
	"github.com/mtfacturation/mtf/api/operators"
	"github.com/mtfacturation/mtf/api/rest"
)

// NewHandler returns the whole API.
func NewHandler(dependencies rest.Dependencies) http.Handler {
	api := rest.New(dependencies, rest.Document{Overview: overview, Tags: tags, ErrorFormats: []*rest.ErrorFormat{epilot.ErrorFormat, contractdocs.ErrorFormat}})
	operators.Mount(api)
	landing.Mount(api)
	epilot.Mount(api)
	contractdocs.Mount(api)
	return api.Handler()
}
