package operators

import (
	"context"
	"net/http"
	"time"

	"github.com/mtfacturation/mtf/api/rest"
)

func (s *handlers) healthRoutes() {
	rest.Register(s.API, rest.Operation{ID: "health", Access: rest.Public, Method: http.MethodGet, Path: "/api/v1/health", Tag: "Health",
		Summary:     "Whether the service answers",
		Description: "Answers as long as the process does. It looks at nothing else; a load balancer asks `/readyz`.",
		Success:     "The service answers."}, s.health)
	rest.Register(s.API, rest.Operation{ID: "root", Access: rest.Public, Method: http.MethodGet, Path: "/", Tag: "Health",
		Summary:     "Which service this is",
		Description: "The name, environment and version of the service, for people.",
		Success:     "The service."}, s.root)
	rest.Register(s.API, rest.Operation{ID: "livez", Access: rest.Public, Method: http.MethodGet, Path: "/livez", Tag: "Health",
		Summary:     "Whether the process lives",
		Description: "Answers as long as the process does, for a supervisor that restarts it.",
		Success:     "The process lives."}, s.health)
	rest.Register(s.API, rest.Operation{ID: "readyz", Access: rest.Public, Method: http.MethodGet, Path: "/readyz", Tag: "Health",
		Summary: "Whether requests will be served",
		Description: "Asks PostgreSQL and Temporal, for 2 s at most. While one of them cannot be reached the answer is 503, so " +
			"that a load balancer sends nothing here.",
		Success: "Requests will be served."}, s.ready)
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

func (s *handlers) health(context.Context, *struct{}) (*StatusOutput, error) {
	output := &StatusOutput{}
	output.Body.Status = "ok"
	return output, nil
}

func (s *handlers) root(context.Context, *struct{}) (*RootOutput, error) {
	output := &RootOutput{}
	output.Body.Service, output.Body.Env, output.Body.Version = "mtf", string(s.Config.Environment), s.Version
	return output, nil
}

func (s *handlers) ready(ctx context.Context, input *struct{}) (*StatusOutput, error) {
	probing, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.Ready(probing); err != nil {
		return nil, rest.PlainEnvelope(ctx, http.StatusServiceUnavailable, rest.CodeUnavailable, "Not ready yet")
	}
	return s.health(ctx, input)
}
