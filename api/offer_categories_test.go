package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

var categoryPaths = []string{"/api/v1/offer-categories", "/api/v1/offer-families"}

func TestOfferCategories_EmptyCatalogue(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, path := range categoryPaths {
		require.JSONEq(t, `[]`, string(s.Call(t, http.MethodGet, path, nil).Body), path)
	}
	newOffer(t, s, landlineOffer())
	var groups []object
	s.Get(t, categoryPaths[0], &groups)
	require.Len(t, groups, 1, "categories without offers are left out")
	require.Equal(t, "landline", groups[0]["service_category"])
}

func TestOfferCategories_Order(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offers := map[string]object{}
	for _, offer := range []struct {
		label   string
		base    object
		changes object
	}{
		{"landline", landlineOffer(), object{"name": "Home Line"}},
		{"fiber", fiberOffer(), object{"name": "Fiber 100"}},
		{"adsl", adslOffer(), object{"name": "ADSL 12"}},
		{"b1", mobileOffer(), object{"name": "Bravo", "version": 1}},
		{"b10", mobileOffer(), object{"name": "Bravo", "version": 10, "status": "retired"}},
		{"b2", mobileOffer(), object{"name": "Bravo", "version": 2}},
		{"a1", mobileOffer(), object{"name": "Alpha"}},
	} {
		offers[offer.label] = created(t, s, offersPath, with(offer.base, offer.changes))
	}
	group := func(category string, labels ...string) object {
		var list []any
		for _, label := range labels {
			list = append(list, offers[label])
		}
		return object{"service_category": category, "offers": list}
	}
	want := []object{group("mobile", "a1", "b10", "b2", "b1"), group("internet", "adsl", "fiber"), group("landline", "landline")}
	for _, path := range categoryPaths {
		var groups []object
		s.Get(t, path, &groups)
		require.Equal(t, want, groups, path)
	}
}

func TestOfferCategories_DeprecatedPath(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	var document object
	s.Get(t, "/openapi.json", &document)
	require.Equal(t, true, at(t, document, "paths", "/api/v1/offer-families", "get", "deprecated"))
	require.NotContains(t, at(t, document, "paths", "/api/v1/offer-categories", "get"), "deprecated")
}
