package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// applicationError converts a refusal into a benign, non-retryable application error whose type is the
// API's error code. Other errors are returned without the values that PostgreSQL quotes, because
// Temporal stores error texts.
func applicationError(err error) error {
	refused := refusal.As(err)
	if refused == nil {
		return db.Scrub(err)
	}
	return temporal.NewApplicationErrorWithOptions(refused.Message, string(refused.Code), temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Category:     temporal.ApplicationErrorCategoryBenign,
		Details:      []any{refused},
	})
}

// Refusal returns the refusal that a workflow ended with, or nil if it failed for another reason.
func Refusal(err error) *refusal.Error {
	failure, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || failure.Category() != temporal.ApplicationErrorCategoryBenign {
		return nil
	}
	var refused *refusal.Error
	if failure.Details(&refused) != nil || refused == nil {
		return refusal.New(refusal.Code(failure.Type()))
	}
	return refused
}
