// Package operators is the door of the operator's staff: /api/v1 without the landing page.
//
// Each resource has a file with its routes, its representation, and its handlers, in this order.
package operators

import (
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/collections"
)

// handlers serves the operations of staff.
type handlers struct {
	*rest.API
	overdue *collections.Gate
	// previews has a slot for each preview that may be computed at once.
	previews chan struct{}
}

// Mount registers the operations of staff.
func Mount(api *rest.API) {
	s := &handlers{
		API: api, previews: make(chan struct{}, maxPreviews),
		overdue: collections.NewGate(api.Pool, joinSync(api.Starter), api.Config.HTTP.SyncTimeout),
	}
	s.healthRoutes()
	s.identityRoutes()
	s.customerRoutes()
	s.subscriberRoutes()
	s.offerRoutes()
	s.offerCategoryRoutes()
	s.contractRoutes()
	s.contractChangeRoutes()
	s.provisioningRoutes()
	s.billingRunRoutes()
	s.billingRunCommandRoutes()
	s.billingRunListRoutes()
	s.billingPreviewRoutes()
	s.invoiceRoutes()
	s.invoiceVoidRoutes()
	s.invoiceAuditRoutes()
	s.paymentRoutes()
	s.paymentApprovalRoutes()
	s.paymentReversalRoutes()
	s.collectionCaseRoutes()
	s.collectionCaseChangeRoutes()
	s.collectionOverviewRoutes()
	s.agingRoutes()
	s.collectionDunningRoutes()
	s.scheduleRoutes()
	s.codecRoutes()
}
