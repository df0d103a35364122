package workflows

import (
	"cmp"
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// checkStepsPerExecution limits the history: a step is one activity, about seven events with its
// workflow task, and a history should stay below 2,000 events.
const checkStepsPerExecution = 150

// DocumentCheckInput starts or continues a check.
type DocumentCheckInput struct {
	// From is the position to continue from. Checked holds the counts so far.
	From    documents.Position `json:"from"`
	Checked documents.Checked  `json:"checked"`
	// StepsPerExecution and BatchesPerStep limit one execution; 0 means the defaults.
	StepsPerExecution int `json:"steps_per_execution,omitempty"`
	BatchesPerStep    int `json:"batches_per_step,omitempty"`
}

// CheckDocuments verifies that every contract and invoice has a document, and every document its file
// as registered. It issues or restores the missing ones and returns counts.
func CheckDocuments(ctx workflow.Context, input DocumentCheckInput) (documents.Checked, error) {
	var a *activities.Activities
	upsertSearchAttributes(ctx, searchattribute.Operation.ValueSet(DocumentCheckID))
	for range cmp.Or(input.StepsPerExecution, checkStepsPerExecution) {
		var step activities.DocumentsChecked
		err := workflow.ExecuteActivity(withBatch(ctx, DocumentsQueue, "Check "+input.From.String()), a.CheckDocuments,
			activities.DocumentCheckInput{From: input.From, Batches: input.BatchesPerStep}).Get(ctx, &step)
		if err != nil {
			return input.Checked, err
		}
		input.From = step.Next
		input.Checked.Add(step.Checked)
		workflow.SetCurrentDetails(ctx, checkDetails(input))
		if input.From.Done() {
			return input.Checked, nil
		}
	}
	return input.Checked, workflow.NewContinueAsNewError(ctx, CheckDocuments, input)
}

// checkDetails renders the counts of a check for operators.
func checkDetails(check DocumentCheckInput) string {
	found := check.Checked
	state := "checking " + check.From.String()
	if check.From.Done() {
		state = "done"
	}
	details := fmt.Sprintf("**Documents**: %s\n\n| | |\n|---|---:|\n| Contracts | %d |\n| Invoices | %d |\n"+
		"| Missing documents issued | %d |\n| Lost or damaged files restored | %d |\n| Documents that failed | %d |\n",
		state, found.Contracts, found.Invoices, found.Issued, found.Restored, found.Failed)
	if len(found.Failures) > 0 {
		details += "\nFailed: `" + strings.Join(found.Failures, "`, `") + "`; see the log of the worker for the reasons.\n"
	}
	return details
}
