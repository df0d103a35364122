package seed

import (
	"time"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/contract"
)

// life is what became of a contract: its dates and its state today.
type life struct {
	status           contract.Status
	start            calendar.Date
	end              *calendar.Date
	commitmentMonths *int32
	activatedAt      *time.Time
	terminatedAt     *time.Time
	updatedAt        time.Time
}

// provisionedAs is the state in which the contract was made.
func (l life) provisionedAs() contract.Status {
	if l.activatedAt == nil {
		return contract.StatusDraft
	}
	return contract.StatusActive
}

// drawLife invents a contract's life. clientSince is when its client came and
// orderedAt when the contract was made, some seconds later.
func (h history) drawLife(r random, serviceType catalog.ServiceType, clientSince, orderedAt time.Time) life {
	ordered := h.dayOf(clientSince)
	delay := installationDays(r, serviceType)
	l := life{status: contract.StatusActive, start: ordered.AddDays(delay), updatedAt: orderedAt}
	l.drawTerms(r)

	running := h.today.DaysSince(l.start)
	switch draw := r.IntN(100); {
	case running < 0 && draw < 60, draw < 2:
		l.status = contract.StatusDraft
		return l
	case draw < 5 && running >= 0:
		l.status = contract.StatusSuspended
		l.updatedAt = orderedAt.Add(time.Duration(r.Int64N(h.now.Sub(orderedAt).Milliseconds())) * time.Millisecond)
	case draw < 9 && running >= 2:
		l.status = contract.StatusTerminated
		// At the same time of an earlier day, so that it lies before now at any hour.
		lasted := r.between(1, running-1)
		terminatedAt := clientSince.Add(time.Duration(delay+lasted) * day)
		l.terminatedAt, l.updatedAt = &terminatedAt, terminatedAt
		l.end = new(l.start.AddDays(lasted))
	}
	l.activatedAt = &orderedAt
	return l
}

// drawTerms gives some contracts a commitment, and a few of these a fixed end
// that is not before the commitment is served.
func (l *life) drawTerms(r random) {
	if !r.percent(40) {
		return
	}
	months := int32(12)
	if r.percent(40) {
		months = 24
	}
	l.commitmentMonths = &months
	if r.percent(10) {
		l.end = new(l.start.AddMonths(int(months)).AddDays(r.IntN(31)))
	}
}

// installationDays is how long a client waits: a SIM card works at once, a line
// to a building takes days.
func installationDays(r random, serviceType catalog.ServiceType) int {
	if serviceType != catalog.TypeMobile {
		return r.between(3, maxInstallationDays)
	}
	if r.percent(80) {
		return 0
	}
	return r.between(1, 3)
}
