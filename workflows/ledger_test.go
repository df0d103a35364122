package workflows

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ledger stands for the database in the tests of a billing run: it notes which
// chunks were billed and documented how often, and how many at the same time.
type ledger struct {
	chunks int32

	mutex              sync.Mutex
	billed, documented map[int32]int
	underWay           map[int32]bool
	mostUnderWay       int

	refuseToBill, refuseToDocument int32 // The number of a chunk.
	faults                         int   // How many more times billing fails without a refusal.
	gathering                      *sync.WaitGroup
	toGather                       int
	pausing                        sync.WaitGroup // What is under way ends once these pauses are answered.
}

func newLedger(chunks int32) *ledger {
	return &ledger{chunks: chunks, billed: map[int32]int{}, documented: map[int32]int{}, underWay: map[int32]bool{}}
}

// gather makes the first so many chunks wait for each other.
func (l *ledger) gather(count int) {
	l.gathering, l.toGather = new(sync.WaitGroup), count
	l.gathering.Add(count)
}

func (l *ledger) plan() billing.Plan {
	return billing.Plan{RunID: october.RunID, Terms: october.Terms, ClientCount: 10 * l.chunks, ChunkCount: l.chunks}
}

// resultOf differs from chunk to chunk, so that no other sum is the right one.
func resultOf(number int32) billing.ChunkResult {
	subtotal := money.Amount(number) * 1_000
	return billing.ChunkResult{
		ClientCount: 10, InvoiceCount: number, SkippedCount: 1, FailedCount: number % 2,
		SubtotalAmount: subtotal, TaxAmount: subtotal / 5, TotalAmount: subtotal + subtotal/5,
	}
}

// progress is where a run is when its first chunks are done and no other is begun.
func (l *ledger) progress(done int32, completed bool) BillingRunProgress {
	progress := BillingRunProgress{Plan: l.plan(), Status: billing.RunRunning, Started: done, Billed: done, Documented: done}
	if completed {
		progress.Status = billing.RunCompleted
	}
	for number := int32(1); number <= done; number++ {
		result := resultOf(number)
		progress.Documents += result.InvoiceCount
		progress.Sums.ClientCount += result.ClientCount
		progress.Sums.InvoiceCount += result.InvoiceCount
		progress.Sums.SkippedCount += result.SkippedCount
		progress.Sums.FailedCount += result.FailedCount
		progress.Sums.SubtotalAmount += result.SubtotalAmount
		progress.Sums.TaxAmount += result.TaxAmount
		progress.Sums.TotalAmount += result.TotalAmount
	}
	return progress
}

func (l *ledger) bill(_ context.Context, chunk activities.ChunkInput) (billing.ChunkResult, error) {
	if l.begin(chunk.Number) {
		l.gathering.Wait()
	}
	l.pausing.Wait()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if chunk.RunID != october.RunID {
		return billing.ChunkResult{}, refused(refusal.ValidationError)
	}
	if l.faults > 0 {
		l.faults--
		return billing.ChunkResult{}, errors.New("connection lost")
	}
	l.billed[chunk.Number]++
	if chunk.Number == l.refuseToBill {
		return billing.ChunkResult{}, refused(refusal.BillingRunNotFound)
	}
	return resultOf(chunk.Number), nil
}

// begin notes that a chunk is under way and reports whether it has to wait for others.
func (l *ledger) begin(number int32) (wait bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.underWay[number] = true
	l.mostUnderWay = max(l.mostUnderWay, len(l.underWay))
	if l.toGather == 0 {
		return false
	}
	l.toGather--
	l.gathering.Done()
	return true
}

func (l *ledger) document(_ context.Context, chunk activities.ChunkInput) (int32, error) {
	l.pausing.Wait()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.billed[chunk.Number] != 1 {
		return 0, refused(refusal.ValidationError)
	}
	l.documented[chunk.Number]++
	delete(l.underWay, chunk.Number)
	if chunk.Number == l.refuseToDocument {
		return 0, refused(refusal.BillingRunNotFound)
	}
	return resultOf(chunk.Number).InvoiceCount, nil
}

// requireDone checks that exactly these chunks were billed and documented, once each.
func (l *ledger) requireDone(t *testing.T, first, last int32) {
	t.Helper()
	want := map[int32]int{}
	for number := first; number <= last; number++ {
		want[number] = 1
	}
	require.Equal(t, want, l.billed, fmt.Sprintf("billed, of chunks %d to %d", first, last))
	require.Equal(t, want, l.documented, fmt.Sprintf("documented, of chunks %d to %d", first, last))
}
