package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// execIn runs mtf-dev exec with temporary files below its own directory, and returns that directory too.
func execIn(t *testing.T, arguments ...string) (*child, string) {
	t.Helper()
	temporary := t.TempDir()
	return newSite(t).startWith(t, []string{"TMPDIR=" + temporary}, append([]string{"exec"}, arguments...)...), temporary
}

// requireEmpty fails when something is left in the directory.
func requireEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestExec_StartsPrivateStack(t *testing.T) {
	t.Parallel()
	running, temporary := execIn(t, "--ui", "--",
		"sh", "-c", `printf '%s\n' "$MTF_TEST_DATABASE_URL" "$MTF_TEST_TEMPORAL_ADDRESS" "$MTF_TEST_TEMPORAL_UI_URL"; exit 7`)
	require.Equal(t, 7, running.exitCode(), "the command's own code")
	lines := strings.Split(strings.TrimSpace(running.printed.String()), "\n")
	require.Len(t, lines, 3, "nothing but the command prints")
	require.Regexp(t, `^postgres://mtf:\w+@127\.0\.0\.1:\d+/postgres\?sslmode=disable$`, lines[0])
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, lines[1])
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, lines[2])
	requireEmpty(t, temporary)
}

func TestExec_ForwardsSignals(t *testing.T) {
	t.Parallel()
	running, temporary := execIn(t, "--", "sh", "-c", `trap 'echo caught; exit 3' TERM; echo waiting; tail -f /dev/null & wait`)
	running.waitFor("waiting")
	running.signal(syscall.SIGTERM)
	require.Equal(t, 3, running.exitCode())
	require.Contains(t, running.printed.String(), "caught")
	requireEmpty(t, temporary)
}

func TestExec_ReportsSignalledCommand(t *testing.T) {
	t.Parallel()
	running, _ := execIn(t, "--", "sh", "-c", "kill -KILL $$")
	require.Equal(t, 128+int(syscall.SIGKILL), running.exitCode())
}

func TestExec_ReportsMissingCommand(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	running, temporary := execIn(t, "--", missing)
	running.requireSentence(missing)
	requireEmpty(t, temporary)
}
