package landing

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

const tagLanding = "Landing"

func (h *handlers) landingRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "landingBootstrap", Method: http.MethodGet, Path: "/api/v1/landing/bootstrap", Tag: tagLanding, Access: rest.Public,
		Summary:     "Get flows, services, and offers on sale",
		Description: "Everything that the landing page shows before a client identifies themselves.",
		Success:     "Flows, services, and offers.",
	}, h.landingBootstrap)
}

// LandingBootstrap is what the landing page starts with.
type LandingBootstrap struct {
	FlowOptions     []string               `json:"flow_options" nullable:"false" example:"subscribe_new_service,upgrade_or_downgrade_existing_service,check_billing_and_download_invoices"`
	Services        []catalog.Category     `json:"services" nullable:"false" example:"mobile,internet,landline"`
	OfferCategories []LandingOfferCategory `json:"offer_categories" nullable:"false"`
}

// LandingOfferCategory lists the offers on sale of one category.
type LandingOfferCategory struct {
	ServiceCategory catalog.Category `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	Offers          []OfferSummary   `json:"offers" nullable:"false"`
}

// OfferSummary is an offer as clients see it.
type OfferSummary struct {
	ID              uuid.UUID                  `json:"id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147" format:"uuid"`
	Name            string                     `json:"name" example:"Mobile 20GB"`
	ServiceCategory vocabulary.ServiceCategory `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	ServiceType     vocabulary.ServiceType     `json:"service_type" enum:"mobile,fiber,adsl,landline" example:"mobile"`
	MonthlyFee      money.Amount               `json:"monthly_fee" example:"199.00" format:"decimal"`
	ActivationFee   money.Amount               `json:"activation_fee" example:"50.50" format:"decimal"`
	Status          vocabulary.OfferStatus     `json:"status" enum:"active,retired"`
	ValidFrom       calendar.Date              `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo         *calendar.Date             `json:"valid_to" format:"date"`
}

func summariseOffer(row dbsqlc.Offer) OfferSummary {
	return OfferSummary{
		ID: row.ID, Name: row.Name, ServiceCategory: row.ServiceCategory, ServiceType: row.ServiceType,
		MonthlyFee: row.MonthlyFee, ActivationFee: row.ActivationFee, Status: row.Status,
		ValidFrom: row.ValidFrom, ValidTo: row.ValidTo,
	}
}

func (h *handlers) landingBootstrap(ctx context.Context, _ *struct{}) (*struct{ Body LandingBootstrap }, error) {
	rows, err := h.Queries.OfferListActive(ctx, h.Pool)
	if err != nil {
		return nil, err
	}
	body := LandingBootstrap{
		FlowOptions: []string{landing.FlowSubscribe, landing.FlowPlanChange, landing.FlowBilling},
		Services:    catalog.Categories(),
	}
	for _, category := range catalog.Categories() {
		group := LandingOfferCategory{ServiceCategory: category, Offers: []OfferSummary{}}
		for _, row := range rows {
			if row.ServiceCategory == category {
				group.Offers = append(group.Offers, summariseOffer(row))
			}
		}
		body.OfferCategories = append(body.OfferCategories, group)
	}
	return &struct{ Body LandingBootstrap }{body}, nil
}
