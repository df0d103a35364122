package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func with(category catalog.Category, change func(d *catalog.Definition)) catalog.Definition {
	d := catalog.Definition{
		Name: "Offer", Category: category, Version: 1, MonthlyFee: 19_900, Status: catalog.StatusActive,
		ValidFrom: calendar.MustParse("2026-01-01"),
	}
	change(&d)
	return d
}

func mobile(change func(d *catalog.Definition)) catalog.Definition {
	return with(catalog.Mobile, func(d *catalog.Definition) {
		d.MobileDataGB = new(int32(20))
		change(d)
	})
}

func fiber(change func(d *catalog.Definition)) catalog.Definition {
	return with(catalog.Internet, func(d *catalog.Definition) {
		d.InternetAccessType, d.InternetFiberSpeedMbps = new(catalog.TypeFiber), new(int32(100))
		change(d)
	})
}

func adsl(change func(d *catalog.Definition)) catalog.Definition {
	return with(catalog.Internet, func(d *catalog.Definition) {
		d.InternetAccessType, d.InternetADSLSpeedMbps = new(catalog.TypeADSL), new(int32(12))
		change(d)
	})
}

func landline(change func(d *catalog.Definition)) catalog.Definition {
	return with(catalog.Landline, func(d *catalog.Definition) {
		d.LandlineNationalIncluded = true
		change(d)
	})
}

func unchanged(*catalog.Definition) {}

func TestADefinitionIsCheckedByTheRulesOfItsCategory(t *testing.T) {
	t.Parallel()
	validTo := func(text string) func(d *catalog.Definition) {
		return func(d *catalog.Definition) { d.ValidTo = new(calendar.MustParse(text)) }
	}
	name := func(text string) func(d *catalog.Definition) {
		return func(d *catalog.Definition) { d.Name = text }
	}
	monthly := func(fee money.Amount) func(d *catalog.Definition) {
		return func(d *catalog.Definition) { d.MonthlyFee = fee }
	}
	activation := func(fee money.Amount) func(d *catalog.Definition) {
		return func(d *catalog.Definition) { d.ActivationFee = fee }
	}
	for rule, c := range map[string]struct {
		definition catalog.Definition
		fields     []string
	}{
		"name of 1":                  {mobile(name("X")), []string{"name"}},
		"name of 1 and spaces":       {mobile(name("  X  ")), []string{"name"}},
		"empty name":                 {mobile(name("   ")), []string{"name"}},
		"name of 2":                  {mobile(name("4G")), nil},
		"name of 100 characters":     {mobile(name(strings.Repeat("é", 100))), nil},
		"name of 101":                {mobile(name(strings.Repeat("x", 101))), []string{"name"}},
		"name of 100 with spaces":    {mobile(name(" " + strings.Repeat("x", 100) + " ")), nil},
		"free offer":                 {mobile(monthly(0)), []string{"monthly_fee"}},
		"negative fee":               {mobile(monthly(-1)), []string{"monthly_fee"}},
		"fee of a centime":           {mobile(monthly(1)), nil},
		"no activation fee":          {mobile(activation(0)), nil},
		"negative activation fee":    {mobile(activation(-1)), []string{"activation_fee"}},
		"valid for a day":            {mobile(validTo("2026-01-01")), nil},
		"ended before it began":      {mobile(validTo("2025-12-31")), []string{"valid_to"}},
		"mobile with data":           {mobile(unchanged), nil},
		"mobile with nothing":        {with(catalog.Mobile, unchanged), []string{"mobile_data_gb"}},
		"mobile with calls":          {with(catalog.Mobile, func(d *catalog.Definition) { d.MobileCallsHours = new(int32(5)) }), nil},
		"mobile with both":           {mobile(func(d *catalog.Definition) { d.MobileCallsHours = new(int32(5)) }), nil},
		"fiber":                      {fiber(unchanged), nil},
		"adsl":                       {adsl(unchanged), nil},
		"internet without access":    {with(catalog.Internet, unchanged), []string{"internet_access_type"}},
		"speed without access":       {fiber(func(d *catalog.Definition) { d.InternetAccessType = nil }), []string{"internet_access_type"}},
		"unknown access":             {fiber(func(d *catalog.Definition) { d.InternetAccessType = new(catalog.ServiceType("cable")) }), []string{"internet_access_type"}},
		"fiber without speed":        {fiber(func(d *catalog.Definition) { d.InternetFiberSpeedMbps = nil }), []string{"internet_fiber_speed_mbps"}},
		"fiber with adsl's as well":  {fiber(func(d *catalog.Definition) { d.InternetADSLSpeedMbps = new(int32(12)) }), []string{"internet_adsl_speed_mbps"}},
		"fiber with adsl's speed":    {adsl(func(d *catalog.Definition) { d.InternetAccessType = new(catalog.TypeFiber) }), []string{"internet_fiber_speed_mbps", "internet_adsl_speed_mbps"}},
		"adsl without speed":         {adsl(func(d *catalog.Definition) { d.InternetADSLSpeedMbps = nil }), []string{"internet_adsl_speed_mbps"}},
		"adsl with fiber's as well":  {adsl(func(d *catalog.Definition) { d.InternetFiberSpeedMbps = new(int32(100)) }), []string{"internet_fiber_speed_mbps"}},
		"adsl with fiber's speed":    {fiber(func(d *catalog.Definition) { d.InternetAccessType = new(catalog.TypeADSL) }), []string{"internet_adsl_speed_mbps", "internet_fiber_speed_mbps"}},
		"landline with national":     {landline(unchanged), nil},
		"landline with nothing":      {with(catalog.Landline, unchanged), []string{"landline_national_included"}},
		"landline with phone hours":  {with(catalog.Landline, func(d *catalog.Definition) { d.LandlinePhoneHours = new(int32(5)) }), nil},
		"landline with abroad":       {with(catalog.Landline, func(d *catalog.Definition) { d.LandlineInternationalHours = new(int32(5)) }), nil},
		"no category":                {with("", unchanged), []string{"service_category"}},
		"unknown category":           {with("tv", unchanged), []string{"service_category"}},
		"components of others only":  {mobile(func(d *catalog.Definition) { d.Category = catalog.Landline }), []string{"landline_national_included"}},
		"components of others count": {landline(func(d *catalog.Definition) { d.Category = catalog.Mobile }), []string{"mobile_data_gb"}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			problems := c.definition.Normalise()
			assert.Equal(t, c.fields, fieldsOf(problems), "%+v", problems)
		})
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	definition := with(catalog.Internet, func(d *catalog.Definition) {
		d.Name, d.MonthlyFee, d.ActivationFee = " ", 0, -1
		d.ValidTo = new(calendar.MustParse("2025-01-01"))
		d.InternetAccessType, d.InternetADSLSpeedMbps = new(catalog.TypeFiber), new(int32(12))
	})
	assert.Equal(t, []string{
		"name", "monthly_fee", "activation_fee", "valid_to", "internet_fiber_speed_mbps", "internet_adsl_speed_mbps",
	}, fieldsOf(definition.Normalise()))
}

func TestTheNameIsTrimmed(t *testing.T) {
	t.Parallel()
	definition := mobile(func(d *catalog.Definition) { d.Name = "\t Mobile 20GB \n" })
	require.Empty(t, definition.Normalise())
	assert.Equal(t, "Mobile 20GB", definition.Name)
}

// fieldsOf names the body fields that problems are about, nil for none.
func fieldsOf(problems []refusal.Problem) []string {
	var fields []string
	for _, problem := range problems {
		if len(problem.Location) != 2 || problem.Location[0] != "body" || problem.Message == "" || problem.Type != "value_error" {
			return append(fields, "malformed problem")
		}
		fields = append(fields, problem.Location[1].(string))
	}
	return fields
}
