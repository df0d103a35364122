package workflows

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
)

// IssueContractDocument issues the document of a contract if it is missing, stores its file, and
// returns the document's id.
func IssueContractDocument(ctx workflow.Context, input activities.IssueContractDocumentInput) (uuid.UUID, error) {
	var a *activities.Activities
	var documentID uuid.UUID
	err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Register the contract document"), a.IssueContractDocument, input).
		Get(ctx, &documentID)
	if err != nil {
		return documentID, err
	}
	return documentID, storeContractDocument(ctx, documentID)
}
