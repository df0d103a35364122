package workflows

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/documents"
)

// checkOf mocks a document check of no contracts and the given number of invoices, one invoice per step.
func checkOf(invoices byte) func(context.Context, activities.DocumentCheckInput) (activities.DocumentsChecked, error) {
	return func(_ context.Context, input activities.DocumentCheckInput) (activities.DocumentsChecked, error) {
		switch {
		case input.From.Subject == documents.Contracts:
			return activities.DocumentsChecked{Next: documents.Position{Subject: documents.Invoices}}, nil
		case input.From.After[15] == invoices:
			return activities.DocumentsChecked{Next: documents.Position{Subject: documents.Nothing}}, nil
		}
		next := documents.Position{Subject: documents.Invoices, After: uuid.UUID{15: input.From.After[15] + 1}}
		return activities.DocumentsChecked{Next: next, Checked: documents.Checked{Invoices: 1, Restored: 1}}, nil
	}
}

func TestACheckOfAnySizeKeepsItsHistoryShort(t *testing.T) {
	t.Parallel()
	input := DocumentCheckInput{StepsPerExecution: 4}
	executions := 0
	for ; ; executions++ {
		env := newEnvironment(t)
		env.OnActivity(step.CheckDocuments, mock.Anything, mock.Anything).Return(checkOf(10))
		env.ExecuteWorkflow(CheckDocuments, input)
		again, continues := errors.AsType[*workflow.ContinueAsNewError](env.GetWorkflowError())
		if !continues {
			require.NoError(t, env.GetWorkflowError())
			var got documents.Checked
			require.NoError(t, env.GetWorkflowResult(&got))
			require.Equal(t, documents.Checked{Invoices: 10, Restored: 10}, got)
			break
		}
		input = DocumentCheckInput{}
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &input))
		require.Equal(t, 4, input.StepsPerExecution)
	}
	require.Equal(t, 2, executions, "twelve steps in executions of four")
}
