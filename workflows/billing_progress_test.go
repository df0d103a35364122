package workflows

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
)

func plannedProgress(chunks, clients int32) BillingRunProgress {
	return BillingRunProgress{Plan: billing.Plan{
		RunID: uuid.UUID{15: 7}, ChunkCount: chunks, ClientCount: clients,
		Terms: billing.Terms{Period: calendar.MonthOf(calendar.MustParse("2026-10-01")), DueDays: 15, TaxRate: 200_000},
	}}
}

func TestProgressAddsUpItsChunks(t *testing.T) {
	t.Parallel()
	progress := plannedProgress(2, 1_500)
	progress.billed(billing.ChunkResult{ClientCount: 1_000, InvoiceCount: 990, SkippedCount: 7, FailedCount: 3, SubtotalAmount: 100, TaxAmount: 20, TotalAmount: 120})
	progress.billed(billing.ChunkResult{ClientCount: 500, InvoiceCount: 500, SubtotalAmount: 11, TaxAmount: 2, TotalAmount: 13})
	assert.Equal(t, int32(2), progress.Billed)
	assert.Equal(t, billing.ChunkResult{
		ClientCount: 1_500, InvoiceCount: 1_490, SkippedCount: 7, FailedCount: 3, SubtotalAmount: 111, TaxAmount: 22, TotalAmount: 133,
	}, progress.Sums)
	assert.Zero(t, progress.Documented)

	progress.documented(990)
	assert.False(t, progress.finished(), "one of two chunks is documented")
	progress.documented(500)
	assert.True(t, progress.finished())
	assert.Equal(t, int32(1_490), progress.Documents)
	assert.NotEqual(t, billing.RunCompleted, progress.Status)
	progress.Status = billing.RunCompleted
	assert.Equal(t, billing.RunCompleted, progress.Status)
}

func TestARunWithoutChunksIsFinished(t *testing.T) {
	t.Parallel()
	progress := plannedProgress(0, 0)
	assert.True(t, progress.finished())
	assert.Equal(t, "nothing to bill", progress.share())
}

func TestTheShareIsThatOfDocumentedChunks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		documented, of int32
		want           string
	}{
		{0, 3, "0 %"}, {1, 3, "33 %"}, {2, 3, "66 %"}, {3, 3, "100 %"}, {199, 200, "99 %"}, {30_000_000, 40_000_000, "75 %"},
	} {
		progress := plannedProgress(c.of, 0)
		progress.Documented = c.documented
		assert.Equal(t, c.want, progress.share(), "%d of %d", c.documented, c.of)
	}
}

func TestProgressIsATableForOperators(t *testing.T) {
	t.Parallel()
	progress := plannedProgress(4, 3_500)
	progress.Status = billing.RunRunning
	progress.billed(billing.ChunkResult{ClientCount: 1_000, InvoiceCount: 990, SkippedCount: 7, FailedCount: 3, SubtotalAmount: 1_000_000, TaxAmount: 200_000, TotalAmount: 1_200_000})
	progress.documented(990)
	run := &billingRun{progress: progress}
	assert.Equal(t, `| | |
|---|---|
| Run | `+"`"+progress.Plan.RunID.String()+"`"+` |
| Period | 2026-10-01..2026-10-31 |
| State | **running** |
| Progress | 25 % |

| | done | of |
|---|---:|---:|
| Chunks billed | 1 | 4 |
| Chunks finished | 1 | 4 |
| Clients | 1000 | 3500 |
| Documents stored | 990 | 990 |

| Money so far | |
|---|---:|
| Invoices | 990 |
| Subtotal | 10000.00 MAD |
| Tax | 2000.00 MAD |
| **Total** | **12000.00 MAD** |

| Not billed | clients | |
|---|---:|---|
| Nothing to bill | 7 | |
| Could not be billed | 3 | `+"`GET /api/v1/billing/runs/"+progress.Plan.RunID.String()+"/failures`"+` |
`, run.markdown())

	run.progress.Status = billing.RunCompletedWithFailures
	assert.Contains(t, run.markdown(), "| State | **completed with failures** |")
	run.progress.Status, run.progress.Plan.HoldReason = billing.RunPlanned, "too many invoices"
	assert.Contains(t, run.markdown(), "| State | **held** |")
	assert.Contains(t, run.markdown(), "| Waiting for approval | too many invoices |")
	run.fault = errors.New("no such table")
	assert.Contains(t, run.markdown(), "| Stopped by a fault |\n|---|\n| fault of the program |")
}

func TestProgressSurvivesJSON(t *testing.T) {
	t.Parallel()
	progress := plannedProgress(4, 3_500)
	progress.Started = 3
	progress.billed(billing.ChunkResult{ClientCount: 1_000, InvoiceCount: 990, SubtotalAmount: 1_000_000, TaxAmount: 200_000, TotalAmount: 1_200_000})
	progress.documented(990)
	encoded, err := json.Marshal(progress)
	require.NoError(t, err)
	var decoded BillingRunProgress
	require.NoError(t, json.Unmarshal(encoded, &decoded), "%s", encoded)
	assert.Equal(t, progress, decoded)
}
