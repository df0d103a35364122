package rest

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"text/template"

	"github.com/swaggest/swgui/v5emb"
)

// The paths of the documentation: a page to try out operations, a page to read, and the OpenAPI
// document that both show.
const (
	docsPath     = "/docs"
	redocPath    = "/redoc"
	documentJSON = "/openapi.json"
	documentYAML = "/openapi.yaml"
)

//go:embed redoc/index.html
var redocPage string

// redocBundle is Redoc, fetched by redoc/generate.sh.
//
//go:embed redoc/redoc.standalone.js.gz
var redocBundle []byte

// loadRedoc unpacks and hashes the bundle once per process.
var loadRedoc = sync.OnceValue(func() *asset {
	return compressedAsset("text/javascript; charset=utf-8", cacheForever, redocBundle)
})

// documentationRoutes registers the OpenAPI document and the pages that show it. The document is
// encoded on the first request, after all operations were registered.
func (a *API) documentationRoutes() {
	router := a.router
	document := a.api.OpenAPI()
	documentSharedCodes(document)
	router.Get(documentJSON, serveOnce(func() *asset {
		return newAsset("application/openapi+json", cacheRevalidate, must(json.Marshal(document)))
	}))
	router.Get(documentYAML, serveOnce(func() *asset {
		return newAsset("application/openapi+yaml", cacheRevalidate, must(document.YAML()))
	}))

	swagger := v5emb.New(document.Info.Title, documentJSON, docsPath)
	page := servedBy(swagger, docsPath)
	router.Get(docsPath, guarded(page, newAsset("text/html; charset=utf-8", cacheRevalidate, page)))
	router.Get(docsPath+"/*", swagger.ServeHTTP)

	bundle := loadRedoc()
	bundlePath := redocPath + "/redoc." + bundle.hash + ".js"
	page = redocIndex(bundlePath)
	router.Get(redocPath, guarded(page, newAsset("text/html; charset=utf-8", cacheRevalidate, page)))
	router.Get(bundlePath, bundle.ServeHTTP)
	for _, path := range []string{documentJSON, documentYAML, docsPath, redocPath} {
		a.publicPaths[path] = true
	}
}

// serveOnce creates the asset on the first request.
func serveOnce(load func() *asset) http.HandlerFunc {
	loaded := sync.OnceValue(load)
	return func(w http.ResponseWriter, r *http.Request) { loaded().ServeHTTP(w, r) }
}

// must panics on errors that only a defect of the program causes.
func must(content []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return content
}

// capture records a handler's answer.
type capture struct {
	bytes.Buffer
	header http.Header
}

func (c *capture) Header() http.Header { return c.header }
func (c *capture) WriteHeader(int)     {}

// servedBy returns the page that a handler serves under a path.
func servedBy(handler http.Handler, path string) []byte {
	page := capture{header: http.Header{}}
	handler.ServeHTTP(&page, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
	return page.Bytes()
}

func redocIndex(bundlePath string) []byte {
	var page bytes.Buffer
	index := template.Must(template.New("redoc").Parse(redocPage))
	if err := index.Execute(&page, map[string]string{"Document": documentJSON, "Bundle": bundlePath}); err != nil {
		panic(err)
	}
	return page.Bytes()
}

// inlineScript matches the inline scripts of a page.
var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// guarded serves a page under a content security policy that only allows this origin and the page's
// own inline scripts, by hash. Both pages generate styles at run time, so inline styles are allowed.
func guarded(page []byte, served http.Handler) http.HandlerFunc {
	scripts := []string{"script-src 'self'"}
	for _, script := range inlineScript.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(script[1])
		scripts = append(scripts, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	policy := strings.Join([]string{
		"default-src 'none'", strings.Join(scripts, " "), "style-src 'self' 'unsafe-inline'", "img-src 'self' data:",
		"font-src 'self' data:", "connect-src 'self'", "worker-src 'self' blob:", "base-uri 'none'", "form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		served.ServeHTTP(w, r)
	}
}
