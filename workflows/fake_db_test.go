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

// fakeDB replaces the database in the tests of a billing run: it counts how often each chunk was
// billed and documented, and how many chunks were in progress at once.
type fakeDB struct {
	chunks int32

	mutex              sync.Mutex
	billed, documented map[int32]int
	underWay           map[int32]bool
	mostUnderWay       int

	refuseToBill, refuseToDocument int32 // The number of a chunk.
	faults                         int   // How many more times billing fails without a refusal.
	gathering                      *sync.WaitGroup
	toGather                       int
	commands                       sync.WaitGroup // Steps end only after these commands are answered.
}

func newFakeDB(chunks int32) *fakeDB {
	return &fakeDB{chunks: chunks, billed: map[int32]int{}, documented: map[int32]int{}, underWay: map[int32]bool{}}
}

// gather makes the first count chunks wait for each other.
func (l *fakeDB) gather(count int) {
	l.gathering, l.toGather = new(sync.WaitGroup), count
	l.gathering.Add(count)
}

func (l *fakeDB) plan() billing.Plan {
	return billing.Plan{RunID: october.RunID, Terms: october.Terms, ClientCount: 10 * l.chunks, ChunkCount: l.chunks}
}

// resultOf returns a different result for each chunk, so that a wrong sum cannot look right.
func resultOf(number int32) billing.ChunkResult {
	subtotal := money.Amount(number) * 1_000
	return billing.ChunkResult{
		ClientCount: 10, InvoiceCount: number, SkippedCount: 1, FailedCount: number % 2,
		SubtotalAmount: subtotal, TaxAmount: subtotal / 5, TotalAmount: subtotal + subtotal/5,
	}
}

// progress is the progress of a run whose first chunks are done and whose next chunk is not started.
func (l *fakeDB) progress(done int32, completed bool) BillingRunProgress {
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

func (l *fakeDB) bill(_ context.Context, chunk activities.ChunkInput) (billing.ChunkResult, error) {
	if l.begin(chunk.Number) {
		l.gathering.Wait()
	}
	l.commands.Wait()
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

// begin records that a chunk is in progress and reports whether the chunk has to wait for others.
func (l *fakeDB) begin(number int32) (wait bool) {
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

func (l *fakeDB) document(_ context.Context, chunk activities.ChunkInput) (int32, error) {
	l.commands.Wait()
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
func (l *fakeDB) requireDone(t *testing.T, first, last int32) {
	t.Helper()
	want := map[int32]int{}
	for number := first; number <= last; number++ {
		want[number] = 1
	}
	require.Equal(t, want, l.billed, fmt.Sprintf("billed, of chunks %d to %d", first, last))
	require.Equal(t, want, l.documented, fmt.Sprintf("documented, of chunks %d to %d", first, last))
}
