package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/catalog"
)

func (h *handlers) offerCategoryRoutes() {
	const tag = "Catalogue"
	rest.Register(h.API, rest.Operation{
		ID: "listOfferCategories", Method: http.MethodGet, Path: "/api/v1/offer-categories", Tag: tag, Access: rest.Readers,
		Summary: "List all offers by service category",
		Description: "Every category with offers, in the order mobile, internet, landline; within a category by name, " +
			"latest version first.",
		Success: "The catalogue.",
	}, h.listOfferCategories)
	rest.Register(h.API, rest.Operation{
		ID: "listOfferFamilies", Method: http.MethodGet, Path: "/api/v1/offer-families", Tag: tag, Access: rest.Readers,
		Deprecated:  true,
		Summary:     "The former name of offer-categories",
		Description: "The same as `/api/v1/offer-categories`, for clients that know it by this name.",
		Success:     "The catalogue.",
	}, h.listOfferCategories)
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

func (h *handlers) listOfferCategories(ctx context.Context, _ *struct{}) (*OfferCategoriesOutput, error) {
	rows, err := h.Queries.OfferListByName(ctx, h.Pool)
	if err != nil {
		return nil, err
	}
	offers := map[catalog.Category][]OfferRead{}
	for _, row := range rows {
		category := row.ServiceCategory
		offers[category] = append(offers[category], newOfferRead(row))
	}
	output := &OfferCategoriesOutput{Body: []OfferCategoryRead{}}
	for _, category := range catalog.Categories() {
		if len(offers[category]) > 0 {
			output.Body = append(output.Body, OfferCategoryRead{ServiceCategory: category, Offers: offers[category]})
		}
	}
	return output, nil
}
