package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/swaggest/swgui/v5emb"
)

// docsPath is where the documentation page and its assets are served, all of them
// by the program itself.
const docsPath = "/docs"

// documentationRoutes adds the page that shows /openapi.json.
func documentationRoutes(router chi.Router) {
	page := v5emb.New("MT Facturation API", "/openapi.json", docsPath)
	router.Get(docsPath, page.ServeHTTP)
	router.Get(docsPath+"/*", page.ServeHTTP)
	router.Get("/redoc", http.RedirectHandler(docsPath, http.StatusTemporaryRedirect).ServeHTTP)
}
