package billing

import "fmt"

// Seller issues invoices: its code scopes the legal numbering.
type Seller struct {
	// Code names the seller's sequence in the database.
	Code string
	// NumberPrefix is the first part of every number: "FA" gives FA-2026-0000001.
	NumberPrefix string
}

// Number formats a legal invoice number: the prefix, the year of issue, and the
// number within that year.
func (s Seller) Number(year int, sequence int64) string {
	return fmt.Sprintf("%s-%04d-%07d", s.NumberPrefix, year, sequence)
}
