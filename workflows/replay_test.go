package workflows

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// histories is the directory of the histories that released code recorded. make generate/histories records them again.
const histories = "testdata/histories"

// nondeterminism marks the errors of replays that take other steps than the history.
const nondeterminism = "TMPRL1100"

var quiet = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

// situations are the names of the required histories.
var situations = []string{
	"bill_last_month",
	"billing_run_and_sync", "billing_run_beside_a_sync", "billing_run_cancelled", "billing_run_completed", "billing_run_continued", "billing_run_continued_last", "billing_run_failed",
	"billing_run_held_and_approved", "billing_run_paused_and_resumed", "billing_run_retried", "billing_run_with_failures",
	"change_plan", "check_documents", "check_documents_continued", "collections_day", "collections_sync", "collections_sync_again", "dun_client", "dun_client_continued", "enrol_dunning",
	"issue_contract_document", "provision_contract", "subscribe_new_service", "subscribe_refused",
}

// readHistory reads a history. Tests modify it, so each test reads its own copy.
func readHistory(t *testing.T, situation string) *historypb.History {
	t.Helper()
	file, err := os.Open(filepath.Join(histories, situation+".json"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	history, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, history.GetEvents())
	return history
}

// typeOf names the workflow of a history.
func typeOf(history *historypb.History) string {
	return history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
}

func TestRecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(histories)
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		found = append(found, strings.TrimSuffix(file.Name(), ".json"))
	}
	require.Equal(t, situations, found)
	replayed := map[string]bool{}
	for _, situation := range situations {
		history := readHistory(t, situation)
		replayer := worker.NewWorkflowReplayer()
		for _, registered := range all {
			replayer.RegisterWorkflow(registered)
		}
		require.NoError(t, replayer.ReplayWorkflowHistory(quiet, history), situation)
		replayed[typeOf(history)] = true
	}
	for _, registered := range all {
		name := runtime.FuncForPC(reflect.ValueOf(registered).Pointer()).Name()
		name = name[strings.LastIndex(name, ".")+1:]
		require.True(t, replayed[name], "no history of %s", name)
	}
}

// Tracing adds headers but no steps. A workflow that started without tracing therefore continues with it.
func TestRecordedHistoriesReplayWithTracing(t *testing.T) {
	t.Parallel()
	traced, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{Tracer: sdktrace.NewTracerProvider().Tracer("test")})
	require.NoError(t, err)
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: []interceptor.WorkerInterceptor{traced}})
	require.NoError(t, err)
	for _, registered := range all {
		replayer.RegisterWorkflow(registered)
	}
	for _, situation := range situations {
		require.NoError(t, replayer.ReplayWorkflowHistory(quiet, readHistory(t, situation)), situation)
	}
}

// Were a step changed without a version, the replay would fail: each of these changes is one.
func TestAChangedWorkflowDoesNotReplay(t *testing.T) {
	t.Parallel()
	t.Run("a step before all others", func(t *testing.T) {
		t.Parallel()
		for _, situation := range situations {
			history := readHistory(t, situation)
			replayer := worker.NewWorkflowReplayer()
			name := typeOf(history)
			at := slices.IndexFunc(all, func(registered any) bool {
				return strings.HasSuffix(runtime.FuncForPC(reflect.ValueOf(registered).Pointer()).Name(), "."+name)
			})
			original := reflect.ValueOf(all[at])
			changed := reflect.MakeFunc(original.Type(), func(arguments []reflect.Value) []reflect.Value {
				_ = workflow.Sleep(arguments[0].Interface().(workflow.Context), time.Second)
				return original.Call(arguments)
			})
			replayer.RegisterWorkflowWithOptions(changed.Interface(), workflow.RegisterOptions{Name: name})
			require.ErrorContains(t, replayer.ReplayWorkflowHistory(quiet, history), nondeterminism, situation)
		}
	})
	t.Run("steps in another order", func(t *testing.T) {
		t.Parallel()
		for _, situation := range situations {
			history, changed := readHistory(t, situation), false
			for _, event := range history.GetEvents() {
				scheduled := event.GetActivityTaskScheduledEventAttributes()
				if event.GetEventType() == enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED && scheduled.GetActivityType().GetName() == "BillChunk" {
					scheduled.ActivityType.Name, changed = "IssueChunkDocuments", true
					break
				}
			}
			if !changed {
				continue
			}
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflow(RunBilling)
			require.ErrorContains(t, replayer.ReplayWorkflowHistory(quiet, history), nondeterminism, situation)
		}
	})
}

// Histories are published with the code: they must not name the machine that they were recorded on.
func TestHistoriesNameNoMachine(t *testing.T) {
	t.Parallel()
	for _, situation := range situations {
		for _, event := range readHistory(t, situation).GetEvents() {
			for _, identity := range []string{
				event.GetWorkflowTaskStartedEventAttributes().GetIdentity(), event.GetWorkflowTaskCompletedEventAttributes().GetIdentity(),
				event.GetWorkflowExecutionStartedEventAttributes().GetIdentity(), event.GetActivityTaskStartedEventAttributes().GetIdentity(),
				event.GetActivityTaskCompletedEventAttributes().GetIdentity(),
			} {
				require.NotContains(t, identity, "@", situation)
			}
		}
	}
}
