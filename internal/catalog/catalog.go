package catalog

import "github.com/mtfacturation/mtf/internal/vocabulary"

// Category is what a client buys: mobile, internet, or landline.
type Category = vocabulary.ServiceCategory

// The service categories, in the order in which the catalogue shows them.
const (
	Mobile   = vocabulary.CategoryMobile
	Internet = vocabulary.CategoryInternet
	Landline = vocabulary.CategoryLandline
)

// Categories returns all categories in the catalogue's order.
func Categories() []Category { return vocabulary.ServiceCategories() }

// ServiceType is the technology of an offer or of a subscriber's line.
type ServiceType = vocabulary.ServiceType

// The service types of an offer. A subscriber may also have type tv or addon.
const (
	TypeMobile   = vocabulary.ServiceMobile
	TypeFiber    = vocabulary.ServiceFiber
	TypeADSL     = vocabulary.ServiceADSL
	TypeLandline = vocabulary.ServiceLandline
)

// Status is the state of an offer.
type Status = vocabulary.OfferStatus

// The states of an offer. Only an active offer can be sold.
const (
	StatusActive  = vocabulary.OfferActive
	StatusRetired = vocabulary.OfferRetired
)
