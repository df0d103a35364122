// Package collections follows what clients owe: payments and their allocation, the
// state of an invoice, its collection case and aging bucket, and delinquency.
package collections

import (
	"math"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// The states of a collection case. Open and in progress are worked on; resolved
// means paid, closed means that the invoice is void.
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
	ActionPaymentReversed = "payment_reversed"
	ActionCaseResolved    = "case_resolved"
	ActionCaseClosed      = "case_closed"
)

// The actions that operators append to a case.
const (
	ActionStatusUpdated = "status_updated"
	ActionReminderSent  = "reminder_sent"
	ActionWarningSent   = "warning_sent"
	ActionNote          = "note"
)

// SyncActor is the actor of what the calendar causes.
const SyncActor = "collections-sync"

// InvoiceStatus is the state of an invoice on a business day: paid when nothing is
// outstanding, overdue from the day after its due date, else issued. A void
// invoice stays void.
//
// What was overdue once is past its due date for good, also for a request that began
// before midnight, or on a server whose clock is behind.
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

// DueDates returns the first and the last due date that are in a bucket on a day. A
// bucket that does not exist has none: its last is before its first.
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

// Age returns the days past due of a case on a day, and its bucket. They follow the
// calendar while the case is worked on; a resolved or closed one keeps those at
// which it stopped.
func Age(about dbsqlc.CollectionCase, today calendar.Date) (daysPastDue int, bucket string) {
	if about.DaysPastDue != nil {
		return int(*about.DaysPastDue), *about.AgingBucket
	}
	days := today.DaysSince(about.DueDate)
	return days, AgingBucket(days)
}

// workedOn reports whether somebody has to do something about a case.
func workedOn(status string) bool { return status == CaseOpen || status == CaseInProgress }
