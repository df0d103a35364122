package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/money"
)

const tagLanding = "Landing"

func (s *Server) landingRoutes() {
	register(s, operation{id: "landingBootstrap", access: public, method: http.MethodGet, path: "/api/v1/landing/bootstrap", tag: tagLanding,
		summary: "What the landing page starts with: flows, services, offers on sale"}, s.landingBootstrap)
}

// LandingBootstrap is what the landing page starts with.
type LandingBootstrap struct {
	FlowOptions     []string               `json:"flow_options" nullable:"false"`
	Services        []catalog.Category     `json:"services" nullable:"false"`
	OfferCategories []LandingOfferCategory `json:"offer_categories" nullable:"false"`
}

// LandingOfferCategory lists the offers on sale of one category.
type LandingOfferCategory struct {
	ServiceCategory catalog.Category `json:"service_category"`
	Offers          []OfferSummary   `json:"offers" nullable:"false"`
}

// OfferSummary is an offer as clients see it.
type OfferSummary struct {
	ID              uuid.UUID      `json:"id"`
	Name            string         `json:"name"`
	ServiceCategory string         `json:"service_category"`
	ServiceType     string         `json:"service_type"`
	MonthlyFee      money.Amount   `json:"monthly_fee"`
	ActivationFee   money.Amount   `json:"activation_fee"`
	Status          string         `json:"status"`
	ValidFrom       calendar.Date  `json:"valid_from" format:"date"`
	ValidTo         *calendar.Date `json:"valid_to" format:"date"`
}

func summariseOffer(row dbsqlc.Offer) OfferSummary {
	return OfferSummary{
		ID: row.ID, Name: row.Name, ServiceCategory: row.ServiceCategory, ServiceType: row.ServiceType,
		MonthlyFee: row.MonthlyFee, ActivationFee: row.ActivationFee, Status: row.Status,
		ValidFrom: row.ValidFrom, ValidTo: row.ValidTo,
	}
}

func (s *Server) landingBootstrap(ctx context.Context, _ *struct{}) (*struct{ Body LandingBootstrap }, error) {
	rows, err := s.queries.OfferListActive(ctx, s.Pool)
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
			if row.ServiceCategory == string(category) {
				group.Offers = append(group.Offers, summariseOffer(row))
			}
		}
		body.OfferCategories = append(body.OfferCategories, group)
	}
	return &struct{ Body LandingBootstrap }{body}, nil
}
