// Package ledgerclients drives the ledger with the clients that others use for it: the command line @epilot/cli and the
// library @epilot/billing-client, as npm installs them. It holds tests alone, which `make test-clients` runs.
package ledgerclients

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// packagesVariable says where npm installed the clients. Without it the tests are left out: most machines that run the
// other tests have no node.
const packagesVariable = "MTF_TEST_CLIENTS_DIR"

func packages(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(packagesVariable)
	if dir == "" {
		t.Skipf("%s is not set: make test-clients installs the clients and runs these tests", packagesVariable)
	}
	return dir
}

type object = map[string]any

// call is one call of an operation, as every client receives it.
type call struct {
	operation string
	token     string
	// id is the parameter in the path, if the operation has one.
	id string
	// query are the other parameters.
	query object
	body  any
}

// String says for a failed test which call it was.
func (c call) String() string { return fmt.Sprintf("%s %s %v", c.operation, c.id, c.query) }

// answer is what a client makes of the server's answer.
type answer struct {
	status int
	body   any // Decoded JSON; nil when there is none.
}

// client is a program that calls the ledger.
type client interface {
	// call returns the answer, and fails the test when the client cannot use it.
	call(t *testing.T, request call) answer
}

// node runs a script with nothing of this machine's settings around it.
func node(t *testing.T, input []byte, arguments ...string) (stdout, stderr string, exit int) {
	t.Helper()
	program := exec.CommandContext(t.Context(), "node", arguments...)
	home := t.TempDir()
	program.Dir, program.Env = home, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	program.Stdin = bytes.NewReader(input)
	var out, complaint bytes.Buffer
	program.Stdout, program.Stderr = &out, &complaint
	err := program.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		require.NoError(t, err)
	}
	return out.String(), complaint.String(), program.ProcessState.ExitCode()
}

// commandLine is @epilot/cli.
type commandLine struct {
	packages, server string
	// definition is an OpenAPI document in place of the client's own, if it is set.
	definition string
}

var statusLine = regexp.MustCompile(`"code": (\d{3})`)

func (c commandLine) call(t *testing.T, request call) answer {
	t.Helper()
	arguments := []string{filepath.Join(c.packages, "node_modules", "@epilot", "cli", "dist", "bin", "epilot.js"), "billing", request.operation}
	if request.id != "" {
		arguments = append(arguments, request.id)
	}
	// Of several -p this version of the client sends the last.
	require.LessOrEqual(t, len(request.query), 1)
	for name, value := range request.query {
		arguments = append(arguments, "-p", name+"="+written(t, value))
	}
	if request.body != nil {
		arguments = append(arguments, "-d", written(t, request.body))
	}
	if c.definition != "" {
		arguments = append(arguments, "--definition", c.definition)
	}
	arguments = append(arguments, "--server", c.server, "--token", request.token, "--json", "--include", "--no-interactive")
	stdout, stderr, exit := node(t, nil, arguments...)
	told := statusLine.FindStringSubmatch(stderr)
	require.NotNil(t, told, "exit code %d: %s%s", exit, stdout, stderr)
	status, err := strconv.Atoi(told[1])
	require.NoError(t, err)
	require.Equal(t, status >= 400, exit != 0, "status %d, exit code %d: %s", status, exit, stdout)
	return answer{status, decoded(t, stdout)}
}

// written is a value as the command line takes it.
func written(t *testing.T, value any) string {
	t.Helper()
	if text, is := value.(string); is {
		return text
	}
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return string(encoded)
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	if len(bytes.TrimSpace([]byte(text))) == 0 {
		return nil
	}
	var body any
	require.NoError(t, json.Unmarshal([]byte(text), &body), "printed: %s", text)
	return body
}

// library is @epilot/billing-client.
type library struct{ packages, server string }

func (l library) call(t *testing.T, request call) answer {
	t.Helper()
	params := object{}
	maps.Copy(params, request.query)
	switch {
	case request.operation == "getBillingEventByExternalId":
		params["external_id"] = request.id
	case request.id != "":
		params["id"] = request.id
	}
	script, err := filepath.Abs("operation.cjs")
	require.NoError(t, err)
	input, err := json.Marshal(object{
		"packages": l.packages, "server": l.server, "token": request.token, "operation": request.operation, "params": params, "body": request.body,
	})
	require.NoError(t, err)
	stdout, stderr, exit := node(t, input, script)
	require.Zero(t, exit, "%s", stderr)
	var told struct {
		Status int `json:"status"`
		Body   any `json:"body"`
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &told), "printed: %s", stdout)
	return answer{told.Status, told.Body}
}

// declared reads which statuses each operation has in a client's own definition, by the operation's id.
func declared(t *testing.T, path string) map[string][]int {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var known struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(content, &known))
	found := map[string][]int{}
	for _, operations := range known.Paths {
		for method, content := range operations {
			if method == "parameters" {
				continue
			}
			var operation struct {
				OperationID string         `json:"operationId"`
				Responses   map[string]any `json:"responses"`
			}
			require.NoError(t, json.Unmarshal(content, &operation))
			require.NotEmpty(t, operation.Responses, operation.OperationID)
			for status := range operation.Responses {
				code, err := strconv.Atoi(status)
				require.NoError(t, err)
				found[operation.OperationID] = append(found[operation.OperationID], code)
			}
		}
	}
	require.NotEmpty(t, found, "%s declares no operation", path)
	return found
}
