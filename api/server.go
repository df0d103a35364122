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

// Dependencies are what the framework and each door work with.
type Dependencies struct {
	Framework    rest.Dependencies
	Operators    operators.Dependencies
	Landing      landing.Dependencies
	Epilot       epilot.Dependencies
	ContractDocs contractdocs.Dependencies
}

// NewHandler returns the handler of the whole API.
func NewHandler(dependencies Dependencies) http.Handler {
	api := rest.New(dependencies.Framework, rest.Document{
		Overview: overview, Tags: tags, ErrorFormats: []*rest.ErrorFormat{epilot.ErrorFormat, contractdocs.ErrorFormat},
	})
	operators.Mount(api, dependencies.Operators)
	landing.Mount(api, dependencies.Landing)
	epilot.Mount(api, dependencies.Epilot)
	contractdocs.Mount(api, dependencies.ContractDocs)
	return api.Handler()
}
