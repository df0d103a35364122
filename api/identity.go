package api

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) identityRoutes() {
	const tag = "Identity"
	register(s, operation{id: "getMe", access: anyone, method: http.MethodGet, path: "/api/v1/me", tag: tag,
		summary:     "Who is calling",
		description: "The identity that the request was made with, as the API understands it.",
		success:     "The caller."}, s.getMe)
	register(s, operation{id: "pingAdmin", access: admins, method: http.MethodGet, path: "/api/v1/admin/ping", tag: tag,
		summary:     "Check that the caller has the role admin",
		description: "Tells an administrator that the role is there. Anyone else is refused and told which roles would do.",
		success:     "The caller is an administrator.",
		refusals:    []refusal.Code{refusal.Forbidden}}, s.pingAdmin)
	register(s, operation{id: "listSample", access: anyone, method: http.MethodGet, path: "/api/v1/conventions/sample", tag: tag,
		summary:     "A list that shows the envelope of all lists",
		description: "One item on every page, to try paging out without data.",
		success:     "The sample page."}, s.listSample)
}

// MeRead is the caller as the API knows it.
type MeRead struct {
	ActorID string   `json:"actor_id" example:"op-1"`
	Roles   []string `json:"roles" nullable:"false" example:"ops,billing"`
}

// AdminPing answers an administrator.
type AdminPing struct {
	Status  string `json:"status" enum:"ok"`
	ActorID string `json:"actor_id" example:"op-1"`
}

// SampleItem is an item of the list that shows the envelope.
type SampleItem struct {
	ID   string `json:"id" example:"sample-1"`
	Name string `json:"name" example:"Sample Item"`
}

func (s *Server) getMe(ctx context.Context, _ *struct{}) (*struct{ Body MeRead }, error) {
	actor := actorOf(ctx)
	return &struct{ Body MeRead }{MeRead{ActorID: actor.ID, Roles: actor.Roles}}, nil
}

func (s *Server) pingAdmin(ctx context.Context, _ *struct{}) (*struct{ Body AdminPing }, error) {
	return &struct{ Body AdminPing }{AdminPing{Status: "ok", ActorID: actorOf(ctx).ID}}, nil
}

// listSample answers its one item on every page, as the original does.
func (s *Server) listSample(_ context.Context, input *PageParams) (*PageOutput[SampleItem], error) {
	page := Page[SampleItem]{Data: []SampleItem{{ID: "sample-1", Name: "Sample Item"}}, Meta: input.meta()}
	page.Meta.Total = int64(len(page.Data))
	return &PageOutput[SampleItem]{Body: page}, nil
}
