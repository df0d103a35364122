package api

import (
	"log/slog"
	"net/http"

	"github.com/mtfacturation/mtf/api/rest"
)

// NewServer returns the HTTP server of the whole API.
//
// Every part of an exchange has a timeout. These are the outer ones: the handler stops
// a slow body earlier and gives a slow reader less time. WriteTimeout covers the
// longest wait for a workflow that a caller can request.
func NewServer(dependencies Dependencies) *http.Server {
	limits := dependencies.Framework.Config.HTTP
	return &http.Server{
		Handler:           NewHandler(dependencies),
		ReadHeaderTimeout: limits.HeaderTimeout,
		ReadTimeout:       limits.HeaderTimeout + limits.BodyTimeout,
		WriteTimeout:      rest.MaxWait + limits.BodyTimeout + limits.RequestTimeout + limits.AnswerTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    rest.HardHeaderBytes,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
}
