// Package catalog holds the rules of an offer: what a service category may
// contain, and when an offer may be sold.
package catalog

import "slices"

// Category is what a client buys: mobile, internet or landline.
type Category string

// The service categories, in the order in which the catalogue shows them.
const (
	Mobile   Category = "mobile"
	Internet Category = "internet"
	Landline Category = "landline"
)

// Categories returns all categories in the catalogue's order.
func Categories() []Category { return []Category{Mobile, Internet, Landline} }

// Valid reports whether the category exists.
func (c Category) Valid() bool { return slices.Contains(Categories(), c) }

// The service types that an offer can have; a subscriber may also be tv or addon.
const (
	TypeMobile   = "mobile"
	TypeFiber    = "fiber"
	TypeADSL     = "adsl"
	TypeLandline = "landline"
)

// The states of an offer: only an active one can be sold.
const (
	StatusActive  = "active"
	StatusRetired = "retired"
)
