package workflows

import (
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/idempotency"
)

// ID is the workflow id of a request: its operation and key, readable in the
// Temporal UI, such as "billing-run/monthly-2026-10". Temporal runs one workflow of
// an id at a time, so one key has one effect. A request without a key gets a
// random id.
func ID(request idempotency.Request) string {
	if !request.Keyed() {
		return string(request.Operation) + "/" + uuid.NewString()
	}
	return string(request.Operation) + "/" + string(request.Key)
}
