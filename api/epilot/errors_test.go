package epilot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestValidationStatus_MalformedIs400InvalidIs422(t *testing.T) {
	t.Parallel()
	problem := func(kind string, location ...any) refusal.Problem {
		return refusal.Problem{Location: location, Message: "Wrong", Type: kind}
	}
	for _, one := range []refusal.Problem{
		problem("value_error", "path"), problem("enum", "query", "event_type"), problem("json_invalid", "body"),
		problem("int_type", "body", "billing_amount"), problem("date_parsing", "body", "due_date"),
	} {
		require.Equal(t, 400, validationStatus([]refusal.Problem{problem("missing", "body", "type"), one}), "%v", one)
	}
	for _, one := range []refusal.Problem{
		problem("missing", "body", "type"), problem("missing", "body"), problem("value_error", "body", "type"), problem("enum", "body", "status"),
	} {
		require.Equal(t, 422, validationStatus([]refusal.Problem{one}), "%v", one)
	}
}
