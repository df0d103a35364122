// Package history records the histories of workflows for tests that replay them.
package history

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
)

// Save writes the history of an execution to a file, without what identifies the machine. An empty run id means the
// latest execution. untilClosed waits for the end of the execution; otherwise the file has the events so far.
func Save(t testing.TB, temporal client.Client, workflowID, runID string, untilClosed bool, path string) {
	t.Helper()
	history := &historypb.History{}
	events := temporal.GetWorkflowHistory(t.Context(), workflowID, runID, untilClosed, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		history.Events = append(history.Events, event)
	}
	written, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(history)
	require.NoError(t, err)
	var document any
	require.NoError(t, json.Unmarshal(written, &document))
	written, err = json.MarshalIndent(scrubbed(document), "", " ")
	require.NoError(t, err)
	machine, err := os.Hostname()
	require.NoError(t, err)
	require.NotContains(t, strings.ToLower(string(written)), `"`+strings.ToLower(machine))
	require.NoError(t, os.WriteFile(path, append(written, '\n'), 0o644))
}

// scrubbed replaces the identities of workers, and the queues that belong to one worker.
func scrubbed(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = scrubbed(value[i])
		}
	case map[string]any:
		for name, inner := range value {
			_, isText := inner.(string)
			switch {
			case name == "identity" && isText:
				value[name] = "worker"
			case name == "kind" && inner == "TASK_QUEUE_KIND_STICKY":
				value["name"] = "sticky"
			default:
				value[name] = scrubbed(inner)
			}
		}
	}
	return value
}
