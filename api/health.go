package api

import (
	"context"
	"net/http"
	"time"
)

func (s *Server) healthRoutes() {
	register(s, operation{id: "health", access: public, method: http.MethodGet, path: "/api/v1/health", tag: "Health",
		summary:     "Whether the service answers",
		description: "Answers as long as the process does. It looks at nothing else; a load balancer asks `/readyz`.",
		success:     "The service answers."}, s.health)
	register(s, operation{id: "root", access: public, method: http.MethodGet, path: "/", tag: "Health",
		summary:     "Which service this is",
		description: "The name, environment and version of the service, for people.",
		success:     "The service."}, s.root)
	register(s, operation{id: "livez", access: public, method: http.MethodGet, path: "/livez", tag: "Health",
		summary:     "Whether the process lives",
		description: "Answers as long as the process does, for a supervisor that restarts it.",
		success:     "The process lives."}, s.health)
	register(s, operation{id: "readyz", access: public, method: http.MethodGet, path: "/readyz", tag: "Health",
		summary: "Whether requests will be served",
		description: "Asks PostgreSQL and Temporal, for 2 s at most. While one of them cannot be reached the answer is 503, so " +
			"that a load balancer sends nothing here.",
		success: "Requests will be served."}, s.ready)
}

// readyTimeout bounds what a readiness probe waits for.
const readyTimeout = 2 * time.Second

// StatusOutput is the answer of a health check.
type StatusOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	} `nameHint:"ServiceStatus"`
}

// RootOutput names the service.
type RootOutput struct {
	Body struct {
		Service string `json:"service" enum:"mtf"`
		Env     string `json:"env" example:"local"`
		Version string `json:"version" example:"1.4.0"`
	} `nameHint:"ServiceInfo"`
}

func (s *Server) health(context.Context, *struct{}) (*StatusOutput, error) {
	output := &StatusOutput{}
	output.Body.Status = "ok"
	return output, nil
}

func (s *Server) root(context.Context, *struct{}) (*RootOutput, error) {
	output := &RootOutput{}
	output.Body.Service, output.Body.Env, output.Body.Version = "mtf", string(s.Config.Environment), s.Version
	return output, nil
}

func (s *Server) ready(ctx context.Context, input *struct{}) (*StatusOutput, error) {
	probing, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.Ready(probing); err != nil {
		return nil, plainEnvelope(ctx, http.StatusServiceUnavailable, codeUnavailable, "Not ready yet")
	}
	return s.health(ctx, input)
}
