package main

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/port"
	"github.com/mtfacturation/mtf/cmd/dev/stack"
)

func TestStart_NamesTakenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp4", port.Address(0))
	require.NoError(t, err)
	defer taken.Close()
	number := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	for variable, change := range map[string]func(*site){
		stack.APIPortVariable:      func(s *site) { s.apiPort = number },
		stack.MetricsPortVariable:  func(s *site) { s.metricsPort = number },
		stack.TemporalPortVariable: func(s *site) { s.temporalPort = number },
		stack.UIPortVariable:       func(s *site) { s.uiPort = number },
		stack.PostgresPortVariable: func(s *site) { s.postgresPort = number },
	} {
		s := newSite(t)
		change(&s)
		s.start(t, "run").requireSentence("port "+number, "set "+variable)
		require.NoDirExists(t, filepath.Join(s.dataDir, "postgres"), variable)
	}
}

func TestStart_RefusesSharedPort(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.uiPort = s.temporalPort
	s.start(t, "run").requireSentence(s.uiPort, stack.TemporalPortVariable, stack.UIPortVariable)
}

func TestStart_NamesInvalidPort(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apiPort = "http"
	s.start(t, "run").requireSentence(stack.APIPortVariable, `"http"`)
}

func TestStart_KeepsDataOfOtherMajorVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	data := filepath.Join(s.dataDir, "postgres", "data")
	require.NoError(t, os.MkdirAll(data, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("99\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(data, "precious"), []byte("rows"), 0o600))
	before := contents(t, filepath.Join(s.dataDir, "postgres"))
	s.start(t, "run").requireSentence("PostgreSQL 99", data[:len(data)-len("/data")], "nothing was changed")
	require.Equal(t, before, contents(t, filepath.Join(s.dataDir, "postgres")))
}

// contents maps each file below dir to what it holds and when it was written.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = info.ModTime().String() + " " + string(content)
		return err
	}))
	return found
}

func TestStart_NamesUnusableDataDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, dir := range map[string]string{
		"a file":            file,
		"below a file":      filepath.Join(file, "data"),
		"without a parent":  filepath.Join(t.TempDir(), "missing", "data"),
		"where none can be": "/proc/mtf-data",
	} {
		s := newSite(t)
		s.dataDir = dir
		running := s.start(t, "run")
		running.requireSentence(dir, "set "+stack.DataDirVariable)
		require.NotContains(t, running.printed.String(), "starting", name)
	}
}

func TestStart_RefusesSecondProcessOnDirectory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.startReady(t)
	other := newSite(t)
	other.dataDir = s.dataDir
	other.start(t, "run").requireSentence("another mtf-dev, process "+strconv.Itoa(first.cmd.Process.Pid), s.dataDir)
	s.dial(t) // The first still runs.
}

func TestStart_NamesMissingPrograms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	empty := t.TempDir()
	running := s.startWith(t, []string{"MTF_POSTGRES_BIN=" + empty}, "run")
	running.requireSentence("MTF_POSTGRES_BIN", empty)
}
