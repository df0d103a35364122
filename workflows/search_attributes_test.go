package workflows_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/workflows"
)

func TestThePageOfTheUINamesEveryOperation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/temporal-ui.md")
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^\\| `MtfOperation` \\|.*$").Find(page)
	var named []string
	for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllSubmatch(row, -1) {
		named = append(named, string(name[1]))
	}
	require.ElementsMatch(t, []string{
		string(idempotency.LandingNew), string(idempotency.PlanChange), string(idempotency.Provision), string(idempotency.ContractDocument),
		string(idempotency.BillingRun), workflows.MonthlyBillingID, workflows.CollectionsDayID, workflows.CollectionsSyncOperation,
		workflows.DocumentCheckID, workflows.DunningOperation, workflows.EnrolmentOperation,
	}, named)
}
