package api

import (
	_ "embed"

	"github.com/danielgtaylor/huma/v2"
)

// overview is what the document says before its operations.
//
//go:embed openapi.md
var overview string

// tags are the groups of operations, in the order of the pages.
var tags = []*huma.Tag{
	{Name: "Customers", Description: "Clients, who sign and pay, and their subscribers: the lines and accesses that a service runs on."},
	{Name: "Catalogue", Description: "Offers by service category and version, with their fees and what they include."},
	{Name: "Contracts", Description: "Which offer a subscriber has: provisioning, status, change of offer and audit trail."},
	{Name: "Contract documents", Description: "The signed documents of a subscription, as other systems ask for them by organisation and subscription. Errors have a body of their own."},
	{Name: "Billing", Description: "Runs that bill a period. The same key and period give the same run, and no day of a contract is billed twice."},
	{Name: "Invoices", Description: "Issued invoices with their lines and documents. They do not change but for their payment state, and can be voided while nothing of them is paid."},
	{Name: "Collections", Description: "Payments, what is outstanding, and the cases of invoices that are overdue."},
	{Name: "Schedules", Description: "What starts by itself: when it did, when it will, and what became of it. Operators pause, trigger and fill in."},
	{Name: "Billing Events", Description: "The ledger: what was invoiced, paid and taken back, and events made by hand. This part of the API is defined by another system, with its own names and errors."},
	{Name: "Billing Contracts", Description: "How contracts are billed: those of subscribers, and contracts that stand alone."},
	{Name: "Balance", Description: "What a customer owes over all contracts."},
	{Name: "Pricing Information", Description: "What contracts cost now."},
	{Name: "Configuration History", Description: "How that has changed."},
	{Name: "Landing", Description: "The public landing page: subscribe, change plan, see and download invoices. Tokens stand for an identity."},
	{Name: "Identity", Description: "Who is calling, and what they may do."},
	{Name: "Operations", Description: "What those who run the system need."},
	{Name: "Health", Description: "Probes for load balancers and people."},
}
