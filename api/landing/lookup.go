package landing

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/token"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) landingLookupRoutes() {
	refusals := []refusal.Code{
		refusal.LandingTokenInvalid, refusal.LandingTokenExpired, refusal.LandingLookupTokenMismatch,
		refusal.LandingClientNotFound,
	}
	rest.Register(h.API, rest.Operation{
		ID: "landingVerifyCIN", Method: http.MethodPost, Path: "/api/v1/landing/clients/verify-cin", Tag: tagLanding,
		Access:      rest.Public,
		Limits:      h.limits.verify,
		Summary:     "Get a token to look up the client with a CIN",
		Description: "The token is valid for 600 s and for this CIN only.",
		Success:     "A token and a masked contact.",
		Refusals:    []refusal.Code{refusal.LandingClientNotFound},
	}, h.verifyCIN)
	rest.Register(h.API, rest.Operation{
		ID: "landingSubscriptions", Method: http.MethodGet, Path: "/api/v1/landing/clients/{cin}/subscriptions", Tag: tagLanding,
		Access:  rest.Public,
		Limits:  h.limits.token,
		Summary: "List the active contracts of a client, newest first, with the offers that each can change to",
		Description: "The token comes from `/api/v1/landing/clients/verify-cin`. Eligible offers are the other active " +
			"offers of the same category that are on sale today, cheapest first. E-mail and phone are masked.",
		Success:  "The client and their active contracts.",
		Refusals: refusals,
	}, h.landingSubscriptions)
	rest.Register(h.API, rest.Operation{
		ID: "landingInvoices", Method: http.MethodGet, Path: "/api/v1/landing/clients/{cin}/invoices", Tag: tagLanding,
		Access:  rest.Public,
		Limits:  h.limits.token,
		Summary: "List the invoices of a client, newest first, with download links",
		Description: "The token comes from `/api/v1/landing/clients/verify-cin`. The download links are valid for one " +
			"day.",
		Success:  "The client and their invoices.",
		Refusals: refusals,
	}, h.landingInvoices)
}

// LandingVerification contains the token to look up a client.
type LandingVerification struct {
	CIN           string    `json:"cin" example:"AB123456"`
	MaskedContact string    `json:"masked_contact" example:"LA***01"`
	LookupToken   string    `json:"lookup_token" example:"eyJ2IjoxfQ.c2lnbmF0dXJl"`
	ExpiresAt     time.Time `json:"expires_at"`
}

// LandingClient is a client as the landing page shows them.
type LandingClient struct {
	ID       uuid.UUID `json:"id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	CIN      *string   `json:"cin" example:"AB123456"`
	FullName string    `json:"full_name" example:"Leila Amrani"`
	Email    *string   `json:"email" example:"a***@example.com"`
	Address  *string   `json:"address" example:"12, rue Atlas, Rabat"`
	Phone    *string   `json:"phone" example:"+******1234"`
}

// LandingSubscription is an active contract with the offers it can change to.
type LandingSubscription struct {
	ContractID        uuid.UUID                  `json:"contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	SubscriberID      uuid.UUID                  `json:"subscriber_id" example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36" format:"uuid"`
	ServiceIdentifier string                     `json:"service_identifier" example:"+212612345678"`
	ServiceCategory   vocabulary.ServiceCategory `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	ServiceType       vocabulary.ServiceType     `json:"service_type" enum:"mobile,fiber,adsl,tv,addon,landline" example:"mobile"`
	CurrentOffer      OfferSummary               `json:"current_offer"`
	EligibleOffers    []OfferSummary             `json:"eligible_offers" nullable:"false" doc:"Cheapest first."`
}

// LandingSubscriptions are the active contracts of a client.
type LandingSubscriptions struct {
	Client        LandingClient         `json:"client"`
	Subscriptions []LandingSubscription `json:"subscriptions" nullable:"false"`
}

// LandingInvoice is an invoice as the landing page shows it.
type LandingInvoice struct {
	InvoiceID           uuid.UUID                `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	PeriodStart         calendar.Date            `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd           calendar.Date            `json:"period_end" format:"date" example:"2026-10-31"`
	DueDate             calendar.Date            `json:"due_date" format:"date" example:"2026-11-15"`
	IssuedAt            rest.Timestamp           `json:"issued_at" example:"2026-11-22T15:29:17.901200Z"`
	Status              vocabulary.InvoiceStatus `json:"status" enum:"issued,paid,overdue,void"`
	Currency            string                   `json:"currency" example:"MAD"`
	SubtotalAmount      money.Amount             `json:"subtotal_amount" example:"249.50" format:"decimal"`
	TaxAmount           money.Amount             `json:"tax_amount" example:"49.90" format:"decimal"`
	TotalAmount         money.Amount             `json:"total_amount" example:"299.40" format:"decimal"`
	DocumentDownloadURL string                   `json:"document_download_url" doc:"A path with a token, valid for one day." example:"/api/v1/landing/invoices/01932c05-51aa-7d27-b8e6-3f90c4d1a7e5/document?token=eyJ2IjoxfQ.c2lnbmF0dXJl"`
}

// LandingInvoices are the invoices of a client.
type LandingInvoices struct {
	Client   LandingClient    `json:"client"`
	Invoices []LandingInvoice `json:"invoices" nullable:"false"`
}

// LandingLookup names a client by CIN, with a token that permits the lookup.
type LandingLookup struct {
	CIN         string `path:"cin" doc:"The CIN that the token was issued for." example:"AB123456"`
	LookupToken string `query:"lookup_token" required:"true" doc:"The token of a verified CIN." example:"eyJ2IjoxfQ.c2lnbmF0dXJl"`
}

func (h *handlers) verifyCIN(ctx context.Context, input *struct {
	Body struct {
		CIN string `json:"cin" minLength:"4" maxLength:"40" example:"AB123456"`
	}
},
) (*struct{ Body LandingVerification }, error) {
	var validator rest.Validator
	cin := validator.CIN(input.Body.CIN)
	if err := validator.Err(); err != nil {
		return nil, err
	}
	if err := h.LimitCIN(h.limits.verify, cin); err != nil {
		return nil, err
	}
	if _, err := h.Queries.ClientGetByCIN(ctx, h.Pool, &cin); err != nil {
		return nil, rest.OrNotFound(err, refusal.LandingClientNotFound)
	}
	lookup, expiresAt := h.Tokens.Lookup(cin, h.Now())
	return &struct{ Body LandingVerification }{LandingVerification{
		CIN: cin, MaskedContact: landing.MaskCIN(cin), LookupToken: lookup, ExpiresAt: expiresAt,
	}}, nil
}

// lookUp verifies the token and returns its client.
func (h *handlers) lookUp(ctx context.Context, lookup LandingLookup) (dbsqlc.Client, error) {
	claims, err := h.Tokens.Verify(lookup.LookupToken, token.Lookup, h.Now())
	if err != nil {
		return dbsqlc.Client{}, err
	}
	if claims.CIN != client.NormaliseCIN(lookup.CIN) {
		return dbsqlc.Client{}, refusal.New(refusal.LandingLookupTokenMismatch)
	}
	owner, err := h.Queries.ClientGetByCIN(ctx, h.Pool, &claims.CIN)
	return owner, rest.OrNotFound(err, refusal.LandingClientNotFound)
}

func newLandingClient(row dbsqlc.Client) LandingClient {
	return LandingClient{
		ID: row.ID, CIN: row.CIN, FullName: row.FullName, Email: client.MaskEmail(row.Email), Address: row.Address,
		Phone: landing.MaskPhone(row.Phone),
	}
}

func (h *handlers) landingSubscriptions(ctx context.Context, input *LandingLookup) (*struct{ Body LandingSubscriptions }, error) {
	owner, err := h.lookUp(ctx, *input)
	if err != nil {
		return nil, err
	}
	rows, err := h.Queries.ContractListSubscriptions(ctx, h.Pool, owner.ID)
	if err != nil {
		return nil, err
	}
	var categories []string
	for _, row := range rows {
		categories = append(categories, string(row.Offer.ServiceCategory))
	}
	onSale, err := h.Queries.OfferListOnSale(ctx, h.Pool, dbsqlc.OfferListOnSaleParams{ServiceCategories: categories, Day: h.Today()})
	if err != nil {
		return nil, err
	}
	body := LandingSubscriptions{Client: newLandingClient(owner), Subscriptions: make([]LandingSubscription, len(rows))}
	for i, row := range rows {
		body.Subscriptions[i] = newLandingSubscription(row, onSale)
	}
	return &struct{ Body LandingSubscriptions }{body}, nil
}

func newLandingSubscription(row dbsqlc.ContractListSubscriptionsRow, onSale []dbsqlc.Offer) LandingSubscription {
	subscription := LandingSubscription{
		ContractID: row.Contract.ID, SubscriberID: row.Subscriber.ID, ServiceIdentifier: row.Subscriber.ServiceIdentifier,
		ServiceCategory: row.Offer.ServiceCategory, ServiceType: row.Subscriber.ServiceType,
		CurrentOffer: summariseOffer(row.Offer), EligibleOffers: []OfferSummary{},
	}
	for _, offer := range onSale {
		if offer.ServiceCategory == row.Offer.ServiceCategory && offer.ID != row.Offer.ID {
			subscription.EligibleOffers = append(subscription.EligibleOffers, summariseOffer(offer))
		}
	}
	return subscription
}

func (h *handlers) landingInvoices(ctx context.Context, input *LandingLookup) (*struct{ Body LandingInvoices }, error) {
	owner, err := h.lookUp(ctx, *input)
	if err != nil {
		return nil, err
	}
	rows, err := h.Queries.InvoiceListByClient(ctx, h.Pool, owner.ID)
	if err != nil {
		return nil, err
	}
	body := LandingInvoices{Client: newLandingClient(owner), Invoices: make([]LandingInvoice, len(rows))}
	linksExpireAt := token.DocumentExpiry(h.Now())
	for i, row := range rows {
		body.Invoices[i] = LandingInvoice{
			InvoiceID: row.ID, PeriodStart: row.PeriodStart, PeriodEnd: row.PeriodEnd, DueDate: row.DueDate,
			IssuedAt: rest.Timestamp(row.IssuedAt), Status: row.Status, Currency: row.Currency, SubtotalAmount: row.SubtotalAmount,
			TaxAmount: row.TaxAmount, TotalAmount: row.TotalAmount,
			DocumentDownloadURL: "/api/v1/landing/invoices/" + row.ID.String() + "/document?token=" +
				h.Tokens.InvoiceDocument(*owner.CIN, row.ID, linksExpireAt),
		}
	}
	return &struct{ Body LandingInvoices }{body}, nil
}
