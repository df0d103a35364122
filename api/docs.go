package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/swaggest/swgui/v5emb"
)

// docsPath is where the documentation page and its assets are served, all of them
// by the program itself.
const docsPath = "/docs"

// openAPIPath is where the description of the API is served.
const openAPIPath = "/openapi.json"

// documentationRoutes adds the page that shows the description, public as that is.
func (s *Server) documentationRoutes(router chi.Router) {
	for _, path := range []string{openAPIPath, docsPath, "/redoc"} {
		s.publicPaths[path] = true
	}
	page := v5emb.New("MT Facturation API", openAPIPath, docsPath)
	router.Get(docsPath, page.ServeHTTP)
	router.Get(docsPath+"/*", page.ServeHTTP)
	router.Get("/redoc", http.RedirectHandler(docsPath, http.StatusTemporaryRedirect).ServeHTTP)
}
