// Package landing implements the self-service of clients on the public pages:
// subscriptions to new services and plan changes of existing contracts.
package landing

import (
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/ledger"
)

// ActorID is the actor of everything that the public pages cause.
const ActorID actor.ID = ledger.PortalActor

// The flows that the landing page offers.
const (
	FlowSubscribe  = "subscribe_new_service"
	FlowPlanChange = "upgrade_or_downgrade_existing_service"
	FlowBilling    = "check_billing_and_download_invoices"
)

// Service carries out landing requests.
type Service struct {
	documents *documents.Service
}

// NewService returns a desk that issues its contracts through the documents.
func NewService(documents *documents.Service) *Service { return &Service{documents: documents} }

// Submitted is the answer to a submit, as it is stored under its key.
type Submitted struct {
	contract.Provisioned
	ClientID          uuid.UUID `json:"client_id"`
	ClientCIN         string    `json:"client_cin"`
	ServiceIdentifier string    `json:"service_identifier"`
	DocumentID        uuid.UUID `json:"document_id"`
	// LinkExpiresAt is how long the download link of the first answer works.
	LinkExpiresAt time.Time `json:"link_expires_at"`
}
