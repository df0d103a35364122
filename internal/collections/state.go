// Package collections follows what clients owe: payments and their allocation, the
// state of an invoice, its collection case and aging bucket, and delinquency.
package collections

import (
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// The states of a collection case. Open and in progress are worked on; resolved
// means paid, closed means no longer overdue.
const (
	CaseOpen       = "open"
	CaseInProgress = "in_progress"
	CaseResolved   = "resolved"
	CaseClosed     = "closed"
)

// The actions that the system itself appends to a case.
const (
	ActionCaseOpened      = "case_opened"
	ActionCaseReopened    = "case_reopened"
	ActionPaymentRecorded = "payment_recorded"
	ActionCaseResolved    = "case_resolved"
	ActionCaseClosed      = "case_closed"
)

// SyncActor is the actor of what the calendar causes.
const SyncActor = "collections-sync"

// InvoiceStatus is the state of an invoice on a business day: paid when nothing is
// outstanding, overdue from the day after its due date, else issued. A void
// invoice stays void.
func InvoiceStatus(current string, outstanding money.Amount, due, today calendar.Date) string {
	switch {
	case current == billing.InvoiceVoid:
		return billing.InvoiceVoid
	case outstanding == 0:
		return billing.InvoicePaid
	case due.Before(today):
		return billing.InvoiceOverdue
	default:
		return billing.InvoiceIssued
	}
}

// AgingBucket names the bucket of a number of days past due.
func AgingBucket(daysPastDue int) string {
	switch {
	case daysPastDue <= 0:
		return "current"
	case daysPastDue <= 30:
		return "1_30"
	case daysPastDue <= 60:
		return "31_60"
	case daysPastDue <= 90:
		return "61_90"
	default:
		return "90_plus"
	}
}
