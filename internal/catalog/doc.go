// Package catalog holds the rules of an offer: which components a service category allows, and when an offer may be sold.
//
// The package owns the definition of an offer and its validation. It does not own the price history of contracts, which
// package ledger keeps, nor the decision which contract an offer applies to, which package contract makes.
//
// Invariants: an offer has the components of its own category only; its service type follows from the category and, for
// internet, from the access type; its validity ends on or after the day it begins.
//
// Times: validity is a range of business days, both inclusive; an offer without an end is valid until it is retired.
package catalog
