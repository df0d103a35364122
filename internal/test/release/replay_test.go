package release_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/workflows"
)

// replayRegistry registers workflows with a replayer. A replay runs no activity.
type replayRegistry struct {
	worker.Registry
	replayer worker.WorkflowReplayer
	// change returns the workflow to register in place of another.
	change func(registered any) any
}

func (r replayRegistry) RegisterWorkflow(registered any) {
	name := workflows.NameOf(registered)
	r.replayer.RegisterWorkflowWithOptions(r.change(registered), workflow.RegisterOptions{Name: name})
}

func (replayRegistry) RegisterActivity(any) {}

// replay replays the history of an open workflow with each workflow changed.
func replay(history *historypb.History, change func(registered any) any) error {
	replayer := worker.NewWorkflowReplayer()
	workflows.Register(replayRegistry{replayer: replayer, change: change}, new(activities.Activities))
	return replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), history)
}

func unchanged(registered any) any { return registered }

// sleepFirst adds a step before all steps of a workflow.
func sleepFirst(registered any) any {
	original := reflect.ValueOf(registered)
	return reflect.MakeFunc(original.Type(), func(arguments []reflect.Value) []reflect.Value {
		_ = workflow.Sleep(arguments[0].Interface().(workflow.Context), time.Second)
		return original.Call(arguments)
	}).Interface()
}

func readHistory(t *testing.T, path string) *historypb.History {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	history, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}

// A worker of today continues the workflows that a worker of the release left open.
func TestRelease_OpenWorkflowsReplay(t *testing.T) {
	eachRelease(t, func(t *testing.T, directory string) {
		paths, err := filepath.Glob(filepath.Join(directory, workflowsDirectory, "*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, paths)
		for _, path := range paths {
			require.NoError(t, replay(readHistory(t, path), unchanged), path)
			require.ErrorContains(t, replay(readHistory(t, path), sleepFirst), "TMPRL1100", "%s replays through a workflow with other steps", path)
		}
	})
}
