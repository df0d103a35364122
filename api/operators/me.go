package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) identityRoutes() {
	const tag = "Identity"
	rest.Register(h.API, rest.Operation{
		ID: "getMe", Method: http.MethodGet, Path: "/api/v1/me", Tag: tag, Access: rest.Authenticated,
		Summary:     "Get the caller's identity",
		Description: "The identity of the request as the API understands it.",
		Success:     "The caller.",
	}, h.getMe)
	rest.Register(h.API, rest.Operation{
		ID: "pingAdmin", Method: http.MethodGet, Path: "/api/v1/admin/ping", Tag: tag, Access: rest.Admins,
		Summary:     "Check that the caller has the role admin",
		Description: "Succeeds for administrators. Other callers are refused with the required roles.",
		Success:     "The caller is an administrator.",
		Refusals:    []refusal.Code{refusal.Forbidden},
	}, h.pingAdmin)
	rest.Register(h.API, rest.Operation{
		ID: "listSample", Method: http.MethodGet, Path: "/api/v1/conventions/sample", Tag: tag, Access: rest.Authenticated,
		Summary:     "Get a sample page",
		Description: "Returns one item on every page, to try out paging without data.",
		Success:     "The sample page.",
	}, h.listSample)
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

func (h *handlers) getMe(ctx context.Context, _ *struct{}) (*struct{ Body MeRead }, error) {
	actor := rest.Caller(ctx)
	return &struct{ Body MeRead }{MeRead{ActorID: actor.ID, Roles: actor.Roles}}, nil
}

func (h *handlers) pingAdmin(ctx context.Context, _ *struct{}) (*struct{ Body AdminPing }, error) {
	return &struct{ Body AdminPing }{AdminPing{Status: "ok", ActorID: rest.Caller(ctx).ID}}, nil
}

// listSample returns its only item on every page, like the original system.
func (h *handlers) listSample(_ context.Context, input *rest.PageParams) (*rest.PageOutput[SampleItem], error) {
	page := rest.Page[SampleItem]{Data: []SampleItem{{ID: "sample-1", Name: "Sample Item"}}, Meta: input.Meta()}
	page.Meta.Total = int64(len(page.Data))
	return &rest.PageOutput[SampleItem]{Body: page}, nil
}
