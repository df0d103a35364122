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

// checkBatches is the number of batches per activity: tens of seconds of work.
const checkBatches = 100

// documentCheckActor is the actor in the audit trail of documents that a check issues.
const documentCheckActor = "document-check"

// DocumentCheckInput holds the position to continue from and the maximum number of batches; 0 means
// checkBatches.
type DocumentCheckInput struct {
	From    documents.Position `json:"from"`
	Batches int                `json:"batches,omitempty"`
}

// DocumentsChecked holds the counts of a part of a check and the position of the next part.
type DocumentsChecked struct {
	Next    documents.Position `json:"next"`
	Checked documents.Checked  `json:"checked"`
}

// CheckDocuments checks the documents of some batches of contracts or invoices and restores the missing
// ones. A new attempt continues from the last heartbeat.
func (a *Activities) CheckDocuments(ctx context.Context, input DocumentCheckInput) (DocumentsChecked, error) {
	done := DocumentsChecked{Next: input.From}
	if activity.HasHeartbeatDetails(ctx) {
		var before DocumentsChecked
		// Without readable progress, the batches are checked again.
		if activity.GetHeartbeatDetails(ctx, &before) == nil {
			done = before
		}
	}
	var progress atomic.Value
	progress.Store(done)
	defer heartbeatWith(ctx, progress.Load)()
	for range cmp.Or(input.Batches, checkBatches) {
		if done.Next.Done() {
			break
		}
		next, checked, err := a.Documents.CheckBatch(ctx, done.Next, a.issueMissingDocument, a.Now())
		if err != nil {
			return done, a.stopRetryingPermanentFault(ctx, err)
		}
		for _, failure := range checked.Failures {
			slog.ErrorContext(ctx, "document not restored", "document_of", failure)
		}
		done.Next = next
		done.Checked.Add(checked)
		progress.Store(done)
		activity.RecordHeartbeat(ctx, done)
	}
	return done, nil
}

// issueMissingDocument issues the document of a contract that has none and stores its file.
func (a *Activities) issueMissingDocument(ctx context.Context, contractID uuid.UUID) error {
	id, err := a.IssueContractDocument(ctx, IssueContractDocumentInput{ContractID: contractID, ActorID: documentCheckActor})
	if err != nil {
		return err
	}
	return a.Documents.StoreContract(ctx, id)
}
