// Package document makes the documents that clients receive, contracts and
// invoices, as PDF files, and stores them.
//
// A document's content is a snapshot: everything it shows is in its content
// type, so the same content gives the same bytes at any later time and on any
// machine. Amounts are integer centimes; nothing in this package computes them.
package pdf

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// Letterhead is the operator that issues the documents. Empty fields are left
// out; only Name is required.
type Letterhead struct {
	Name          string   `json:"name"`
	AddressLines  []string `json:"address_lines,omitempty"`
	Phone         string   `json:"phone,omitempty"`
	Email         string   `json:"email,omitempty"`
	Website       string   `json:"website,omitempty"`
	ICE           string   `json:"ice,omitempty"`            // identifiant commun de l'entreprise, 15 digits
	TaxID         string   `json:"tax_id,omitempty"`         // identifiant fiscal, IF
	TradeRegister string   `json:"trade_register,omitempty"` // registre du commerce, RC
	BusinessTax   string   `json:"business_tax,omitempty"`   // taxe professionnelle, Patente
	BankName      string   `json:"bank_name,omitempty"`
	BankAccount   string   `json:"bank_account,omitempty"` // RIB, 24 digits
}

// ClientType says whether a client is a person or a company.
type ClientType string

// The client types.
const (
	ClientIndividual ClientType = "individual"
	ClientBusiness   ClientType = "business"
)

// Client is the other party as it was when the document was issued. Only
// FullName is required.
type Client struct {
	Type     ClientType `json:"type"`
	FullName string     `json:"full_name"`
	CIN      string     `json:"cin,omitempty"`
	ICE      string     `json:"ice,omitempty"`
	Address  string     `json:"address,omitempty"` // line breaks are kept
	Email    string     `json:"email,omitempty"`
	Phone    string     `json:"phone,omitempty"`
}

// Service is the line or access that a contract is about. Category and Type are
// the system's codes ("internet", "fiber"); known codes are printed in French,
// others as they are.
type Service struct {
	Category   string `json:"category"`
	Type       string `json:"type"`
	Identifier string `json:"identifier"`
}

// Feature is one characteristic of an offer, in the words to print.
type Feature struct {
	Label string `json:"label"` // "Internet mobile"
	Value string `json:"value"` // "20 Go"
}

// Offer is what the client subscribes to. Fees are before tax, in centimes.
type Offer struct {
	Name          string       `json:"name"`
	Version       int          `json:"version"`
	MonthlyFee    money.Amount `json:"monthly_fee"`
	ActivationFee money.Amount `json:"activation_fee"`
	Features      []Feature    `json:"features,omitempty"`
}

// ContractMode says what the client signs.
type ContractMode string

// The contract modes.
const (
	NewSubscription ContractMode = "new_subscription"
	PlanChange      ContractMode = "plan_change"
)

// ContractContent is everything a contract document shows. Its JSON form keeps
// all of it: the content read back renders to the same bytes.
type ContractContent struct {
	DocumentID       uuid.UUID     `json:"document_id"`
	ContractID       uuid.UUID     `json:"contract_id"`
	Mode             ContractMode  `json:"mode"`
	Currency         string        `json:"currency"`
	IssuedAt         time.Time     `json:"issued_at"` // to the second; the rest is ignored
	IssueDate        calendar.Date `json:"issue_date"`
	Client           Client        `json:"client"`
	Service          Service       `json:"service"`
	Offer            Offer         `json:"offer"`
	StartDate        calendar.Date `json:"start_date"`
	EndDate          calendar.Date `json:"end_date,omitzero"`           // last day; none: open-ended
	CommitmentMonths int           `json:"commitment_months,omitempty"` // 0: no commitment
}

// Reference is the contract's short name for people, such as
// "CT-9F2C-41A7-03BB": the last twelve hex digits of its ID, which are random.
// It is for reading aloud, not a key.
func (c ContractContent) Reference() string {
	tail := strings.ToUpper(hex.EncodeToString(c.ContractID[10:]))
	return "CT-" + tail[:4] + "-" + tail[4:8] + "-" + tail[8:]
}

// InvoiceLine is one billed item. Amounts are before tax, in centimes.
type InvoiceLine struct {
	Description       string        `json:"description"`
	ServiceIdentifier string        `json:"service_identifier,omitempty"`
	PeriodStart       calendar.Date `json:"period_start,omitzero"`
	PeriodEnd         calendar.Date `json:"period_end,omitzero"` // last day, inclusive
	Quantity          int           `json:"quantity"`
	UnitAmount        money.Amount  `json:"unit_amount"`
	Total             money.Amount  `json:"total"`
}

// InvoiceContent is everything an invoice shows. The sums are printed as they
// are given; that they agree is the issuer's to guarantee.
type InvoiceContent struct {
	InvoiceID   uuid.UUID     `json:"invoice_id"`
	Number      string        `json:"number"`    // legal number, "FA-2026-0000001"
	IssuedAt    time.Time     `json:"issued_at"` // to the second; the rest is ignored
	IssueDate   calendar.Date `json:"issue_date"`
	DueDate     calendar.Date `json:"due_date"`
	PeriodStart calendar.Date `json:"period_start"`
	PeriodEnd   calendar.Date `json:"period_end"` // last day, inclusive
	Client      Client        `json:"client"`
	Currency    string        `json:"currency"` // "MAD"
	Lines       []InvoiceLine `json:"lines"`
	Subtotal    money.Amount  `json:"subtotal"`
	TaxRate     money.Rate    `json:"tax_rate"`
	Tax         money.Amount  `json:"tax"`
	Total       money.Amount  `json:"total"`
}
