package seed

import (
	"math"
	"time"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// historyMonths is how far back clients and the catalogue go.
const historyMonths = 24

// maxInstallationDays is how long after its order a contract may start.
const maxInstallationDays = 20

const day = 24 * time.Hour

// history says when clients came. An operator that grows gains more of them every
// month, so about one in twelve came within the last month.
type history struct {
	first   calendar.Date
	today   calendar.Date
	start   time.Time
	now     time.Time
	clients int
}

func newHistory(options Options) history {
	first := options.Today.AddMonths(-historyMonths)
	// Ids count milliseconds and PostgreSQL microseconds: whole milliseconds are exact in both.
	now := options.Now.UTC().Truncate(time.Millisecond)
	span := time.Duration(options.Today.DaysSince(first)) * day
	return history{first: first, today: options.Today, start: now.Add(-span), now: now, clients: options.Clients}
}

// cameAt returns when the client at an index was created. It grows with the index
// and leaves room for the client's contracts before the next client and before now.
func (h history) cameAt(client int) time.Time {
	share := math.Sqrt((float64(client) + 0.5) / float64(h.clients))
	milliseconds := math.Floor(share * float64(h.now.Sub(h.start).Milliseconds()))
	return h.start.Add(time.Duration(milliseconds) * time.Millisecond)
}

// dayOf returns the business day of an instant, by counting the UTC days back to
// today. It needs no time zone, is never before the history's first day, and
// differs from the local day in Morocco in the last hour of a UTC day only.
func (h history) dayOf(at time.Time) calendar.Date {
	const seconds = int64(day / time.Second)
	return h.today.AddDays(int(at.Unix()/seconds - h.now.Unix()/seconds))
}
