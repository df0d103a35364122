package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

// maxKeyLength keeps an id within what Temporal stores, 1,000 characters.
const maxKeyLength = 800

// ID is the workflow id of a request: its operation and key, readable in the
// Temporal UI, such as "billing-run/monthly-2026-10". Temporal runs one workflow of
// an id at a time, so one key has one effect.
func ID(request idempotency.Request) string {
	return string(request.Operation) + "/" + printableASCII(string(request.Key))
}

// CollectionsSyncID is the id of the sync of a business day, such as
// "collections-sync/2026-11-22": who wants that day synced joins the one that runs.
func CollectionsSyncID(day calendar.Date) string {
	return CollectionsSyncOperation + "/" + day.String()
}

// DunningID is the id of the workflow that duns a client: each has one at a time.
func DunningID(clientID uuid.UUID) string { return DunningOperation + "/" + clientID.String() }

// EnrolmentID is the id of the enrolment in dunning of a business day.
func EnrolmentID(day calendar.Date) string { return EnrolmentOperation + "/" + day.String() }

// printableASCII writes a key so that Temporal's headers can carry it. Different
// keys stay different: what is not printable ASCII becomes %XX, and so does %. A key
// that gets too long by it is named by its hash.
func printableASCII(key string) string {
	var b strings.Builder
	for i := range len(key) {
		if c := key[i]; c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	if b.Len() > maxKeyLength {
		sum := sha256.Sum256([]byte(key))
		return "%sha256-" + hex.EncodeToString(sum[:])
	}
	return b.String()
}
