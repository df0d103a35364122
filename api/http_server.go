package api

import (
	"log/slog"
	"net/http"
)

// NewServer returns the server of the whole API, for the connections of an
// EnvelopeListener.
//
// It bounds every part of an exchange. Its bounds are the outer ones: the handler
// itself stops a slow body earlier, and gives a slow reader less time, once it
// answers. An answer may take as long as the longest wait for a process that a caller
// can ask for.
func NewServer(dependencies Dependencies) *http.Server {
	limits := dependencies.Config.HTTP
	return &http.Server{
		Handler:           NewHandler(dependencies),
		ReadHeaderTimeout: limits.HeaderTimeout,
		ReadTimeout:       limits.HeaderTimeout + limits.BodyTimeout,
		WriteTimeout:      maxWait + limits.BodyTimeout + limits.RequestTimeout + limits.AnswerTimeout,
		IdleTimeout:       limits.IdleTimeout,
		MaxHeaderBytes:    hardHeaderBytes,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
}
