package vocabulary

import "slices"

// ServiceCategory is what a client buys: mobile, internet, or landline.
type ServiceCategory string

// The service categories.
const (
	CategoryMobile   ServiceCategory = "mobile"
	CategoryInternet ServiceCategory = "internet"
	CategoryLandline ServiceCategory = "landline"
)

// ServiceCategories returns the categories in the order in which the catalogue shows them.
func ServiceCategories() []ServiceCategory {
	return []ServiceCategory{CategoryMobile, CategoryInternet, CategoryLandline}
}

// Valid reports whether the category exists.
func (c ServiceCategory) Valid() bool { return slices.Contains(ServiceCategories(), c) }

// ServiceType is the technology of an offer or of a subscriber's line.
type ServiceType string

// The service types. An offer is never of type tv or addon; a subscriber may be.
const (
	ServiceMobile   ServiceType = "mobile"
	ServiceFiber    ServiceType = "fiber"
	ServiceADSL     ServiceType = "adsl"
	ServiceLandline ServiceType = "landline"
	ServiceTV       ServiceType = "tv"
	ServiceAddon    ServiceType = "addon"
)

// OfferStatus is the state of an offer.
type OfferStatus string

// The states of an offer. Only an active offer can be sold.
const (
	OfferActive  OfferStatus = "active"
	OfferRetired OfferStatus = "retired"
)
