package postgres

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// installation makes a directory with programs that say they are of the version.
func installation(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
	for _, name := range []string{"postgres", "initdb"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	return dir
}

// dataOf makes the directory of a server whose data belongs to the major version.
func dataOf(t *testing.T, major int) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, dataName), 0o700))
	version := []byte(strconv.Itoa(major) + "\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, dataName, "PG_VERSION"), version, 0o600))
	return dir
}

func candidates(dirs ...string) func() []string { return func() []string { return dirs } }

func TestLocate_FirstRecentInstallation(t *testing.T) {
	t.Parallel()
	old, good := installation(t, "13.9"), installation(t, "16.2 (Debian 16.2-1)")
	locator := Locator{Candidates: candidates(t.TempDir(), old, good, installation(t, "17.1"))}
	found, err := locator.Locate(t.Context(), filepath.Join(t.TempDir(), "new"))
	require.NoError(t, err)
	require.Equal(t, Binaries{Dir: good, Major: 16, Version: "16.2"}, found)
}

func TestLocate_InstallationOfDataDirectory(t *testing.T) {
	t.Parallel()
	older := installation(t, "14.3")
	locator := Locator{Candidates: candidates(installation(t, "16.2"), older)}
	found, err := locator.Locate(t.Context(), dataOf(t, 14))
	require.NoError(t, err)
	require.Equal(t, older, found.Dir)
}

func TestLocate_NamesRequiredVersion(t *testing.T) {
	t.Parallel()
	for name, locator := range map[string]Locator{
		"another version":         {Candidates: candidates(installation(t, "16.2"))},
		"none":                    {},
		"another version, chosen": {Dir: installation(t, "16.2")},
	} {
		_, err := locator.Locate(context.Background(), dataOf(t, 99))
		require.ErrorContains(t, err, "belongs to PostgreSQL 99", name)
		require.ErrorContains(t, err, "install PostgreSQL 99", name)
		require.NotContains(t, err.Error(), "\n", name)
	}
}

func TestLocate_NamesWhatToInstall(t *testing.T) {
	t.Parallel()
	_, err := Locator{Candidates: candidates(installation(t, "13.9"))}.Locate(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "PostgreSQL 14 or newer was not found here")
	require.ErrorContains(t, err, "apt install postgresql")
}

func TestLocate_ChosenDirectoryOnly(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	_, err := Locator{Dir: empty, Candidates: candidates(installation(t, "16.2"))}.Locate(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "MTF_POSTGRES_BIN is "+empty)
}
