package api

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/internal/catalog"
)

func (s *Server) offerCategoryRoutes() {
	const tag = "Catalogue"
	register(s, operation{id: "listOfferCategories", access: readers, method: http.MethodGet, path: "/api/v1/offer-categories", tag: tag,
		summary: "All offers by service category",
		description: "Every category that has offers, in the order mobile, internet, landline; offers by name, the latest " +
			"version first.",
		success: "The catalogue."}, s.listOfferCategories)
	register(s, operation{id: "listOfferFamilies", access: readers, method: http.MethodGet, path: "/api/v1/offer-families", tag: tag, deprecated: true,
		summary:     "The former name of offer-categories",
		description: "The same as `/api/v1/offer-categories`, for clients that know it by this name.",
		success:     "The catalogue."}, s.listOfferCategories)
}

// OfferCategoryRead lists the offers of one service category, by name and the
// latest version first.
type OfferCategoryRead struct {
	ServiceCategory catalog.Category `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	Offers          []OfferRead      `json:"offers" nullable:"false"`
}

// OfferCategoriesOutput answers with the catalogue. A category without offers is left out.
type OfferCategoriesOutput struct {
	Body []OfferCategoryRead `nullable:"false"`
}

func (s *Server) listOfferCategories(ctx context.Context, _ *struct{}) (*OfferCategoriesOutput, error) {
	rows, err := s.queries.OfferListByName(ctx, s.Pool)
	if err != nil {
		return nil, err
	}
	offers := map[catalog.Category][]OfferRead{}
	for _, row := range rows {
		category := catalog.Category(row.ServiceCategory)
		offers[category] = append(offers[category], readOffer(row))
	}
	output := &OfferCategoriesOutput{Body: []OfferCategoryRead{}}
	for _, category := range catalog.Categories() {
		if len(offers[category]) > 0 {
			output.Body = append(output.Body, OfferCategoryRead{ServiceCategory: category, Offers: offers[category]})
		}
	}
	return output, nil
}
