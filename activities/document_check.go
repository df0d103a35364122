package activities

import (
	"cmp"
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"

	"github.com/mtfacturation/mtf/internal/documents"
)

// checkBatches is how many batches one activity checks: some tens of seconds of work.
const checkBatches = 100

// documentCheckActor is who the audit trail names for documents that a check makes.
const documentCheckActor = "document-check"

// DocumentCheckInput says where a check goes on, and for how many batches at most; 0 stands
// for the usual number.
type DocumentCheckInput struct {
	From    documents.Position `json:"from"`
	Batches int                `json:"batches,omitempty"`
}

// DocumentsChecked is what a part of a check found, and where the next one goes on.
type DocumentsChecked struct {
	Next    documents.Position `json:"next"`
	Checked documents.Checked  `json:"checked"`
}

// CheckDocuments looks at the documents of some batches of contracts or invoices and makes
// what is missing. An attempt goes on where the one before was lost.
func (a *Activities) CheckDocuments(ctx context.Context, input DocumentCheckInput) (DocumentsChecked, error) {
	done := DocumentsChecked{Next: input.From}
	if activity.HasHeartbeatDetails(ctx) {
		var before DocumentsChecked
		// What cannot be read is checked once more.
		if activity.GetHeartbeatDetails(ctx, &before) == nil {
			done = before
		}
	}
	var told atomic.Value
	told.Store(done)
	defer heartbeatWith(ctx, told.Load)()
	for range cmp.Or(input.Batches, checkBatches) {
		if done.Next.Done() {
			break
		}
		next, checked, err := a.Documents.CheckBatch(ctx, done.Next, a.issueMissingDocument, a.Now())
		if err != nil {
			return done, a.lasting(ctx, err)
		}
		for _, failure := range checked.Failures {
			slog.ErrorContext(ctx, "a document cannot be made", "document_of", failure)
		}
		done.Next = next
		done.Checked.Add(checked)
		told.Store(done)
		activity.RecordHeartbeat(ctx, done)
	}
	return done, nil
}

// issueMissingDocument makes the document of a contract that has none.
func (a *Activities) issueMissingDocument(ctx context.Context, contractID uuid.UUID) error {
	id, err := a.IssueContractDocument(ctx, IssueContractDocumentInput{ContractID: contractID, ActorID: documentCheckActor})
	if err != nil {
		return err
	}
	return a.Documents.StoreContract(ctx, id)
}
