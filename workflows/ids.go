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

// maxKeyLength keeps an id within Temporal's limit of 1,000 characters.
const maxKeyLength = 800

// ID is the workflow id of a request: its operation and key, readable in the Temporal UI, such as
// "billing-run/monthly-2026-10". Temporal runs one workflow per id at a time, so a key has one effect.
func ID(request idempotency.Request) string {
	return string(request.Operation) + "/" + printableASCII(string(request.Key))
}

// CollectionsSyncID is the workflow id of the sync of a business day, such as
// "collections-sync/2026-11-22". All callers that need the day synced join the running workflow.
func CollectionsSyncID(day calendar.Date) string {
	return CollectionsSyncOperation + "/" + day.String()
}

// DunningID is the workflow id of a client's dunning: a client has one at a time.
func DunningID(clientID uuid.UUID) string { return DunningOperation + "/" + clientID.String() }

// EnrolmentID is the workflow id of the dunning enrolment of a business day.
func EnrolmentID(day calendar.Date) string { return EnrolmentOperation + "/" + day.String() }

// printableASCII encodes a key for Temporal's headers. Different keys stay different: bytes outside
// printable ASCII, and %, become %XX. A result that is too long is replaced by its hash.
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
