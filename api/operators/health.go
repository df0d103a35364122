package operators

import (
	"context"
	"net/http"
	"time"

	"github.com/mtfacturation/mtf/api/rest"
)

func (h *handlers) healthRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "health", Method: http.MethodGet, Path: "/api/v1/health", Tag: "Health", Access: rest.Public,
		Summary: "Check that the service responds",
		Description: "Succeeds while the OS process runs, without checking dependencies. Load balancers should use " +
			"`/readyz`.",
		Success: "The service responds.",
	}, h.health)
	rest.Register(h.API, rest.Operation{
		ID: "root", Method: http.MethodGet, Path: "/", Tag: "Health", Access: rest.Public,
		Summary:     "Identify the service",
		Description: "The name, environment, and version of the service.",
		Success:     "The service.",
	}, h.root)
	rest.Register(h.API, rest.Operation{
		ID: "livez", Method: http.MethodGet, Path: "/livez", Tag: "Health", Access: rest.Public,
		Summary:     "Liveness probe",
		Description: "Succeeds while the OS process runs; for supervisors that restart it.",
		Success:     "The process is alive.",
	}, h.health)
	rest.Register(h.API, rest.Operation{
		ID: "readyz", Method: http.MethodGet, Path: "/readyz", Tag: "Health", Access: rest.Public,
		Summary: "Readiness probe",
		Description: "Checks PostgreSQL and Temporal, for at most 2 h. While either cannot be reached, the answer is " +
			"503, so that load balancers send no requests.",
		Success: "The service can handle requests.",
	}, h.ready)
}

// readyTimeout bounds a readiness probe.
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

func (h *handlers) health(context.Context, *struct{}) (*StatusOutput, error) {
	output := &StatusOutput{}
	output.Body.Status = "ok"
	return output, nil
}

func (h *handlers) root(context.Context, *struct{}) (*RootOutput, error) {
	output := &RootOutput{}
	output.Body.Service, output.Body.Env, output.Body.Version = "mtf", string(h.Config.Environment), h.Version
	return output, nil
}

func (h *handlers) ready(ctx context.Context, input *struct{}) (*StatusOutput, error) {
	probing, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := h.Ready(probing); err != nil {
		return nil, rest.PlainEnvelope(ctx, http.StatusServiceUnavailable, rest.CodeUnavailable, "Not ready yet")
	}
	return h.health(ctx, input)
}
