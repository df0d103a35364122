package api

import (
	"context"
	"net/http"
)

func (s *Server) identityRoutes() {
	const tag = "Identity"
	register(s, operation{id: "getMe", access: anyone, method: http.MethodGet, path: "/api/v1/me", tag: tag,
		summary: "Who is calling"}, s.getMe)
	register(s, operation{id: "pingAdmin", access: admins, method: http.MethodGet, path: "/api/v1/admin/ping", tag: tag,
		summary: "Check that the caller has the role admin"}, s.pingAdmin)
	register(s, operation{id: "listSample", access: anyone, method: http.MethodGet, path: "/api/v1/conventions/sample", tag: tag,
		summary: "A list that shows the envelope of all lists"}, s.listSample)
}

// MeRead is the caller as the API knows it.
type MeRead struct {
	ActorID string   `json:"actor_id"`
	Roles   []string `json:"roles" nullable:"false"`
}

// AdminPing answers an administrator.
type AdminPing struct {
	Status  string `json:"status" enum:"ok"`
	ActorID string `json:"actor_id"`
}

// SampleItem is an item of the list that shows the envelope.
type SampleItem struct {
	ID   string `json:"id"`
	Name string `json:"name"`
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
