// Package operators is the door of the operator's staff: /api/v1 without the landing page.
//
// Each resource has a file with its routes, its representation, and its handlers, in this order.
package operators

import (
	"context"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// queries are the statements of the lists.
var queries = dbsqlc.New()

// Dependencies are what the operations of staff need beyond the framework.
type Dependencies struct {
	Schedules *starter.Schedules
	Documents *documents.Service
	// Ready returns nil if requests can be served.
	Ready func(context.Context) error
	// PayloadKeys decrypt the payloads of workflows for the Temporal UI.
	PayloadKeys payloadcodec.Keys
	// SendWindow is when dunning steps may be taken.
	SendWindow dunning.Hours
}

// handlers serves the operations of staff.
type handlers struct {
	*rest.API
	Dependencies
	collections *collections.Service
	syncGate    *starter.SyncGate
	// previews limits the number of concurrent previews.
	previews chan struct{}
}

// Mount registers the operations of staff.
func Mount(api *rest.API, dependencies Dependencies) {
	h := &handlers{
		API: api, Dependencies: dependencies, previews: make(chan struct{}, maxPreviews),
		syncGate: starter.NewSyncGate(api.Starter, api.Config.HTTP.SyncTimeout),
	}
	h.collections = collections.NewService(api.Pool, h.balanceChanged)
	h.healthRoutes()
	h.identityRoutes()
	h.customerRoutes()
	h.subscriberRoutes()
	h.offerRoutes()
	h.offerCategoryRoutes()
	h.contractRoutes()
	h.contractChangeRoutes()
	h.provisioningRoutes()
	h.billingRunRoutes()
	h.billingRunCommandRoutes()
	h.billingRunListRoutes()
	h.billingPreviewRoutes()
	h.invoiceRoutes()
	h.invoiceVoidRoutes()
	h.invoiceAuditRoutes()
	h.paymentRoutes()
	h.paymentApprovalRoutes()
	h.paymentReversalRoutes()
	h.collectionCaseRoutes()
	h.collectionCaseChangeRoutes()
	h.collectionOverviewRoutes()
	h.agingRoutes()
	h.collectionDunningRoutes()
	h.scheduleRoutes()
	h.codecRoutes()
}

// balanceChanged counts a payment or its reversal, and nudges the dunning of a client who is or was delinquent.
func (h *handlers) balanceChanged(change collections.BalanceChange) {
	h.Metrics.CountPayment(change.AmountPaid)
	if change.Delinquency.Before || change.Delinquency.After {
		h.Starter.NudgeDunning(change.ClientID, change.Delinquency.After)
	}
}
