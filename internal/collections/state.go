package collections

import (
	"math"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// CaseStatus is the state of a collection case.
type CaseStatus = vocabulary.CaseStatus

// The states of a collection case. Open and in progress are active. Resolved means that the invoice
// is paid, closed that it is void.
const (
	CaseOpen       = vocabulary.CaseOpen
	CaseInProgress = vocabulary.CaseInProgress
	CaseResolved   = vocabulary.CaseResolved
	CaseClosed     = vocabulary.CaseClosed
)

// ActionType is the kind of an action in the history of a case.
type ActionType = vocabulary.ActionType

// The actions that the system appends to a case.
const (
	ActionCaseOpened      = vocabulary.ActionCaseOpened
	ActionCaseReopened    = vocabulary.ActionCaseReopened
	ActionPaymentRecorded = vocabulary.ActionPaymentRecorded
	ActionPaymentReversed = vocabulary.ActionPaymentReversed
	ActionCaseResolved    = vocabulary.ActionCaseResolved
	ActionCaseClosed      = vocabulary.ActionCaseClosed
)

// The actions that operators and dunning append to a case.
const (
	ActionStatusUpdated = vocabulary.ActionStatusUpdated
	ActionReminderSent  = vocabulary.ActionReminderSent
	ActionWarningSent   = vocabulary.ActionWarningSent
	ActionNote          = vocabulary.ActionNote
)

// SyncActor is the actor of changes that the calendar causes.
const SyncActor actor.ID = "collections-sync"

// InvoiceStatus returns the state of an invoice on a business day: paid when nothing is outstanding,
// overdue from the day after its due date, and issued otherwise. A void invoice stays void.
//
// An invoice that was overdue stays past its due date, even for a request that began before
// midnight or on a server whose clock is behind.
func InvoiceStatus(current billing.InvoiceStatus, outstanding money.Amount, wasOverdue bool, due, today calendar.Date) billing.InvoiceStatus {
	switch {
	case current == billing.InvoiceVoid:
		return billing.InvoiceVoid
	case outstanding == 0:
		return billing.InvoicePaid
	case wasOverdue, due.Before(today):
		return billing.InvoiceOverdue
	default:
		return billing.InvoiceIssued
	}
}

// bucket is an aging bucket with its first and last number of days past due.
type bucket struct {
	name        string
	first, last int
}

// buckets are the aging buckets, in the order of their days.
var buckets = []bucket{
	{"current", math.MinInt, 0}, {"1_30", 1, 30}, {"31_60", 31, 60}, {"61_90", 61, 90}, {"90_plus", 91, math.MaxInt},
}

// AgingBucket names the bucket of a number of days past due.
func AgingBucket(daysPastDue int) string {
	for _, bucket := range buckets {
		if daysPastDue <= bucket.last {
			return bucket.name
		}
	}
	panic("collections: the last bucket has no end")
}

// AgingBuckets names the buckets, in the order of their days.
func AgingBuckets() []string {
	names := make([]string, len(buckets))
	for i, bucket := range buckets {
		names[i] = bucket.name
	}
	return names
}

// DueDates returns the first and the last due date of a bucket on a day. An unknown bucket has no
// due dates: the last is before the first.
func DueDates(bucketName string, today calendar.Date) (first, last calendar.Date) {
	earliest, latest := calendar.NewDate(1, 1, 1), calendar.NewDate(calendar.MaxYear, 12, 31)
	for _, bucket := range buckets {
		if bucket.name != bucketName {
			continue
		}
		first, last = earliest, latest
		if bucket.last != math.MaxInt {
			first = today.AddDays(-bucket.last)
		}
		if bucket.first != math.MinInt {
			last = today.AddDays(-bucket.first)
		}
		return first, last
	}
	return latest, earliest
}

// isActive reports whether a case in this status needs work.
func isActive(status CaseStatus) bool { return status == CaseOpen || status == CaseInProgress }
