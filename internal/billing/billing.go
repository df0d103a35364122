// Package billing turns contracts into invoices: the lines a contract owes for a
// period, their tax and totals, and the chunk transaction that issues them.
package billing

import (
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// Currency is what all offers are priced and all invoices issued in.
const Currency = "MAD"

// LineType is the kind of an invoice line.
type LineType = vocabulary.LineType

// The kinds of invoice line.
const (
	LineRecurring  = vocabulary.LineRecurring
	LineActivation = vocabulary.LineActivation
)

// InvoiceStatus is the state of an invoice.
type InvoiceStatus = vocabulary.InvoiceStatus

// The states of an invoice. Payments and the calendar move an invoice between them; void is final.
const (
	InvoiceIssued  = vocabulary.InvoiceIssued
	InvoicePaid    = vocabulary.InvoicePaid
	InvoiceOverdue = vocabulary.InvoiceOverdue
	InvoiceVoid    = vocabulary.InvoiceVoid
)

// Terms are what a run applies to every invoice.
type Terms struct {
	Period  calendar.Period `json:"period"`
	DueDays int32           `json:"due_days"`
	TaxRate money.Rate      `json:"tax_rate"`
	// Proration is absent where it is none, as in requests from before there was any.
	Proration Proration `json:"proration,omitempty"`
}

// DueDate is the last day of the period plus the due days.
func (t Terms) DueDate() calendar.Date { return t.Period.End.AddDays(int(t.DueDays)) }

// Contract is what billing knows of a contract that is active in the period.
type Contract struct {
	ID        uuid.UUID
	StartDate calendar.Date
	// EndDate is its last day; nil when it has no end.
	EndDate           *calendar.Date
	OfferID           uuid.UUID
	OfferName         string
	ServiceCategory   vocabulary.ServiceCategory
	ServiceIdentifier string
	MonthlyFee        money.Amount
	ActivationFee     money.Amount
	// BilledDays are the days whose fee was charged before, in order and apart. They
	// matter to daily proration only.
	BilledDays []calendar.Period
}

// Line is one line of an invoice.
type Line struct {
	Contract    Contract
	Type        LineType
	Description string
	UnitAmount  money.Amount
	// Days is the period whose recurring fee is charged; nil on a one-off line.
	Days *calendar.Period
}

// Quantity is always one: a line charges a whole month, or its days, as one amount.
func (Line) Quantity() int32 { return 1 }

// Total is the unit amount times the quantity.
func (l Line) Total() money.Amount { return l.UnitAmount }

// Statement is what one client owes: lines with their sums.
type Statement struct {
	Lines    []Line
	Subtotal money.Amount
	Tax      money.Amount
	Total    money.Amount
}
