package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
)

func TestTheCatalogueHasThreeCategoriesInOrder(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []catalog.Category{"mobile", "internet", "landline"}, catalog.Categories())
	for category, want := range map[catalog.Category]bool{
		"mobile": true, "internet": true, "landline": true, "": false, "Mobile": false, "fiber": false, "tv": false, "mobile ": false,
	} {
		assert.Equal(t, want, category.Valid(), "%q", category)
	}
}

// everything returns a definition with the components of all categories.
func everything(category catalog.Category) catalog.Definition {
	return catalog.Definition{
		Name: "Everything", Category: category, Version: 3, MonthlyFee: 19_900, ActivationFee: 5_000, Status: catalog.StatusRetired,
		ValidFrom: calendar.MustParse("2026-01-01"), ValidTo: new(calendar.MustParse("2026-12-31")),
		MobileDataGB: new(int32(20)), MobileCallsHours: new(int32(5)),
		InternetAccessType: new(catalog.TypeFiber), InternetFiberSpeedMbps: new(int32(100)), InternetTVIncluded: true,
		LandlineNationalIncluded: true, LandlineInternationalHours: new(int32(2)), LandlinePhoneHours: new(int32(9)),
	}
}

func TestComponentsOfOtherCategoriesAreCleared(t *testing.T) {
	t.Parallel()
	for category, clearOthers := range map[catalog.Category]func(d *catalog.Definition){
		catalog.Mobile: func(d *catalog.Definition) {
			d.InternetAccessType, d.InternetFiberSpeedMbps, d.InternetTVIncluded = nil, nil, false
			d.LandlineNationalIncluded, d.LandlineInternationalHours, d.LandlinePhoneHours = false, nil, nil
		},
		catalog.Internet: func(d *catalog.Definition) {
			d.MobileDataGB, d.MobileCallsHours = nil, nil
			d.LandlineNationalIncluded, d.LandlineInternationalHours, d.LandlinePhoneHours = false, nil, nil
		},
		catalog.Landline: func(d *catalog.Definition) {
			d.MobileDataGB, d.MobileCallsHours = nil, nil
			d.InternetAccessType, d.InternetFiberSpeedMbps, d.InternetTVIncluded = nil, nil, false
		},
	} {
		want := everything(category)
		clearOthers(&want)

		got := everything(category)
		require.Empty(t, got.Normalise(), category)
		assert.Equal(t, want, got, category)
		require.Empty(t, got.Normalise(), "%s a second time", category)
		assert.Equal(t, want, got, "%s a second time", category)
	}
}

func TestTheOtherAccessSpeedIsAProblemAndNotCleared(t *testing.T) {
	t.Parallel()
	definition := everything(catalog.Internet)
	definition.InternetADSLSpeedMbps = new(int32(12))
	assert.Equal(t, []string{"internet_adsl_speed_mbps"}, fieldsOf(definition.Normalise()))

	definition = everything(catalog.Mobile)
	definition.InternetADSLSpeedMbps = new(int32(12))
	require.Empty(t, definition.Normalise())
	assert.Nil(t, definition.InternetADSLSpeedMbps, "a mobile offer has no ADSL speed")
}

func TestTheServiceTypeIsDerived(t *testing.T) {
	t.Parallel()
	for want, definition := range map[catalog.ServiceType]catalog.Definition{
		"mobile": mobile(unchanged), "fiber": fiber(unchanged), "adsl": adsl(unchanged), "landline": landline(unchanged),
	} {
		assert.Equal(t, want, definition.ServiceType())
		assert.Equal(t, definition.Category == catalog.Internet, definition.InternetLandlineIncluded(), string(want))
	}
	stray := mobile(func(d *catalog.Definition) { d.InternetAccessType = new(catalog.TypeFiber) })
	assert.Equal(t, catalog.TypeMobile, stray.ServiceType(), "an access type means nothing outside internet")
}
