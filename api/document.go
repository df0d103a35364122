package api

import (
	_ "embed"

	"github.com/danielgtaylor/huma/v2"
)

// overview introduces the OpenAPI document.
//
//go:embed openapi.md
var overview string

// tags are the groups of operations, in the order of the documentation pages.
var tags = []*huma.Tag{
	{Name: "Customers", Description: "Clients, who sign and pay, and their subscribers: the lines and accesses that services run on."},
	{Name: "Catalogue", Description: "Offers by service category and version, with their fees and what they include."},
	{Name: "Contracts", Description: "A subscriber's offer: provisioning, status, change of offer, and audit trail."},
	{Name: "Contract documents", Description: "The signed documents of a subscription, requested by other systems by organisation " +
		"and subscription. Errors have their own body."},
	{Name: "Billing", Description: "Billing runs. The same key and period return the same run, and no day of a contract is billed twice."},
	{Name: "Invoices", Description: "Issued invoices with their lines and documents. Only their payment state changes; an unpaid invoice can be voided."},
	{Name: "Collections", Description: "Payments, outstanding balances, and the cases of overdue invoices."},
	{Name: "Schedules", Description: "Scheduled jobs: past and next runs and their outcome. Operators can pause, trigger, and backfill them."},
	{Name: "Billing Events", Description: "The ledger: invoices, payments, reversals, and manual events. Another system defines this part " +
		"of the API, with its own names and errors."},
	{Name: "Billing Contracts", Description: "Billing data of subscribers' contracts and of standalone contracts."},
	{Name: "Balance", Description: "A customer's balance over all contracts."},
	{Name: "Pricing Information", Description: "Current prices of contracts."},
	{Name: "Configuration History", Description: "Price changes of contracts."},
	{Name: "Landing", Description: "The public landing page: subscribe, change the plan, and download invoices. Signed tokens replace an identity."},
	{Name: "Identity", Description: "The caller's identity and roles."},
	{Name: "Operations", Description: "Tools for operating the system."},
	{Name: "Health", Description: "Liveness and readiness probes."},
}
