package catalog

import (
	"strings"
	"unicode/utf8"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Definition is all that an operator says about an offer.
type Definition struct {
	Name          string
	Category      Category
	Version       int32
	MonthlyFee    money.Amount
	ActivationFee money.Amount
	Status        Status
	ValidFrom     calendar.Date
	ValidTo       *calendar.Date

	MobileDataGB     *int32
	MobileCallsHours *int32

	InternetAccessType         *ServiceType
	InternetFiberSpeedMbps     *int32
	InternetADSLSpeedMbps      *int32
	InternetTVIncluded         bool
	LandlineNationalIncluded   bool
	LandlineInternationalHours *int32
	LandlinePhoneHours         *int32
}

// Normalise trims the name, clears the components of the other categories, and
// returns the problems that remain, all at once. The rules are in the
// catalogue section of the API contract.
func (d *Definition) Normalise() []refusal.Problem {
	d.Name = strings.TrimSpace(d.Name)
	d.clearOtherCategories()

	var problems []refusal.Problem
	add := func(field, message string) { problems = append(problems, refusal.InBody(field, message)) }

	if length := utf8.RuneCountInString(d.Name); length < 2 || length > 100 {
		add("name", "name must have 2 to 100 characters")
	}
	if d.MonthlyFee <= 0 {
		add("monthly_fee", "monthly_fee must be greater than 0")
	}
	if d.ActivationFee < 0 {
		add("activation_fee", "activation_fee must not be negative")
	}
	if d.ValidTo != nil && d.ValidTo.Before(d.ValidFrom) {
		add("valid_to", "valid_to must not be before valid_from")
	}
	return append(problems, d.componentProblems()...)
}

// ServiceType follows from the category and, for internet, from the access type.
func (d *Definition) ServiceType() ServiceType {
	if d.Category == Internet && d.InternetAccessType != nil {
		return *d.InternetAccessType
	}
	return ServiceType(d.Category)
}

// InternetLandlineIncluded is true for every internet offer and for no other.
func (d *Definition) InternetLandlineIncluded() bool { return d.Category == Internet }

func (d *Definition) clearOtherCategories() {
	if d.Category != Mobile {
		d.MobileDataGB, d.MobileCallsHours = nil, nil
	}
	if d.Category != Internet {
		d.InternetAccessType, d.InternetFiberSpeedMbps, d.InternetADSLSpeedMbps = nil, nil, nil
		d.InternetTVIncluded = false
	}
	if d.Category != Landline {
		d.LandlineNationalIncluded = false
		d.LandlineInternationalHours, d.LandlinePhoneHours = nil, nil
	}
}

func (d *Definition) componentProblems() []refusal.Problem {
	switch d.Category {
	case Mobile:
		if d.MobileDataGB == nil && d.MobileCallsHours == nil {
			return []refusal.Problem{refusal.InBody("mobile_data_gb", "a mobile offer needs data or calls")}
		}
	case Internet:
		return d.internetProblems()
	case Landline:
		if !d.LandlineNationalIncluded && d.LandlineInternationalHours == nil && d.LandlinePhoneHours == nil {
			return []refusal.Problem{refusal.InBody("landline_national_included",
				"a landline offer needs national calls, international hours or phone hours")}
		}
	default:
		return []refusal.Problem{refusal.InBody("service_category", "service_category must be mobile, internet or landline")}
	}
	return nil
}

// internetProblems checks that there is one access type with its own speed and not the other's.
func (d *Definition) internetProblems() []refusal.Problem {
	if d.InternetAccessType == nil {
		return []refusal.Problem{refusal.InBody("internet_access_type", "an internet offer needs fiber or adsl access")}
	}
	access := *d.InternetAccessType
	if access != TypeFiber && access != TypeADSL {
		return []refusal.Problem{refusal.InBody("internet_access_type", "internet_access_type must be fiber or adsl")}
	}
	own, other, ownField, otherField := d.InternetFiberSpeedMbps, d.InternetADSLSpeedMbps,
		"internet_fiber_speed_mbps", "internet_adsl_speed_mbps"
	if access == TypeADSL {
		own, other, ownField, otherField = other, own, otherField, ownField
	}
	var problems []refusal.Problem
	if own == nil {
		problems = append(problems, refusal.InBody(ownField, ownField+" is required for this access type"))
	}
	if other != nil {
		problems = append(problems, refusal.InBody(otherField, otherField+" belongs to the other access type"))
	}
	return problems
}
