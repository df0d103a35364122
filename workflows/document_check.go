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

// checkStepsPerExecution bounds the history: a step is one activity, some seven events
// with the task after it, and a history should stay under 2,000.
const checkStepsPerExecution = 150

// DocumentCheckInput begins a check, or continues one.
type DocumentCheckInput struct {
	// From is how far the check is, and Checked what it has found so far.
	From    documents.Position `json:"from"`
	Checked documents.Checked  `json:"checked"`
	// StepsPerExecution and BatchesPerStep bound an execution's share; 0 stands for the usual ones.
	StepsPerExecution int `json:"steps_per_execution,omitempty"`
	BatchesPerStep    int `json:"batches_per_step,omitempty"`
}

// CheckDocuments looks at all contracts and invoices: each has its document, and each document
// its file as it was registered. What is missing is made. It returns what it found.
func CheckDocuments(ctx workflow.Context, input DocumentCheckInput) (documents.Checked, error) {
	var a *activities.Activities
	attributes(ctx, searchattribute.Operation.ValueSet(DocumentCheckID))
	for range cmp.Or(input.StepsPerExecution, checkStepsPerExecution) {
		var step activities.DocumentsChecked
		err := workflow.ExecuteActivity(batch(ctx, DocumentsQueue, "Check "+input.From.String()), a.CheckDocuments,
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

// checkDetails tells operators what a check has found.
func checkDetails(check DocumentCheckInput) string {
	found := check.Checked
	state := "checking " + check.From.String()
	if check.From.Done() {
		state = "done"
	}
	details := fmt.Sprintf("**Documents**: %s\n\n| | |\n|---|---:|\n| Contracts | %d |\n| Invoices | %d |\n"+
		"| Documents made that were not there | %d |\n| Files made again that were lost or damaged | %d |\n| Documents that cannot be made | %d |\n",
		state, found.Contracts, found.Invoices, found.Issued, found.Restored, found.Failed)
	if len(found.Failures) > 0 {
		details += "\nCannot be made: `" + strings.Join(found.Failures, "`, `") + "`; the log of the worker says why.\n"
	}
	return details
}
