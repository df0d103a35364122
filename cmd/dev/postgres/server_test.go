package postgres

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// installed returns the PostgreSQL of this machine.
func installed(t *testing.T) Binaries {
	t.Helper()
	binaries, err := SystemLocator().Locate(t.Context(), filepath.Join(t.TempDir(), "new"))
	require.NoError(t, err)
	return binaries
}

// startServer starts a server that ends with the test.
func startServer(t *testing.T, binaries Binaries, dir string) *Server {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "postgres.log"))
	require.NoError(t, err)
	t.Cleanup(func() { log.Close() })
	server, err := Start(t.Context(), binaries, Config{Dir: dir, LogFile: log, Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	return server
}

// query runs statements, the last of which yields one text.
func query(t *testing.T, server *Server, database, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server.URL(database))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	require.NoError(t, err, sql)
	last := results[len(results)-1]
	require.Len(t, last.Rows, 1, sql)
	return string(last.Rows[0][0])
}

func TestServer_KeepsData(t *testing.T) {
	t.Parallel()
	binaries, dir := installed(t), filepath.Join(t.TempDir(), "postgres")
	first := startServer(t, binaries, dir)
	require.NoError(t, first.EnsureDatabases(t.Context(), "mtf", "temporal"))
	require.NoError(t, first.EnsureDatabases(t.Context(), "mtf", "temporal"), "a second time changes nothing")
	require.Equal(t, "kept", query(t, first, "mtf", "CREATE TABLE t AS SELECT 'kept' AS v; SELECT v FROM t"))
	require.NoError(t, first.Stop(t.Context()))
	require.NotEmpty(t, first.Ending())

	second := startServer(t, binaries, dir)
	require.Equal(t, "kept", query(t, second, "mtf", "SELECT v FROM t"))
}

func TestServer_CollationAndCase(t *testing.T) {
	t.Parallel()
	requireTextRules(t, startServer(t, installed(t), filepath.Join(t.TempDir(), "postgres")))
}

// requireTextRules requires what a new server promises of text.
func requireTextRules(t *testing.T, server *Server) {
	t.Helper()
	require.Equal(t, "éÀa true", query(t, server, MaintenanceDatabase,
		"SELECT lower('É') || upper('à') || 'a' || ' ' || ('Z' < 'a' AND 'z' < 'é')::text"))
}

func TestServer_RequiresPassword(t *testing.T) {
	t.Parallel()
	server := startServer(t, installed(t), filepath.Join(t.TempDir(), "postgres"))
	_, err := pgx.Connect(t.Context(), strings.Replace(server.URL(MaintenanceDatabase), server.password, "guess", 1))
	require.ErrorContains(t, err, "password authentication failed")
	info, err := os.Stat(filepath.Join(server.config.Dir, passwordName))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestServer_RepeatsInterruptedCreation(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "postgres")
	half := filepath.Join(dir+incompleteSuffix, dataName)
	require.NoError(t, os.MkdirAll(half, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600))
	startServer(t, installed(t), dir)
	require.NoDirExists(t, dir+incompleteSuffix)
}

func TestServer_LeavesForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600))
	_, err := Start(t.Context(), installed(t), Config{Dir: dir})
	require.ErrorContains(t, err, "nothing was changed")
	require.FileExists(t, filepath.Join(dir, "mine"))
}

func TestServer_StopsStaleServer(t *testing.T) {
	t.Parallel()
	binaries, dir := installed(t), filepath.Join(t.TempDir(), "postgres")
	left := startServer(t, binaries, dir)
	startServer(t, binaries, dir)
	require.Equal(t, "exit status 0", left.Ending())
}

func TestServer_IgnoresForeignPidFile(t *testing.T) {
	t.Parallel()
	binaries, dir := installed(t), filepath.Join(t.TempDir(), "postgres")
	first := startServer(t, binaries, dir)
	pidFile := filepath.Join(dir, dataName, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	require.NoError(t, first.Stop(t.Context()))

	// After a crash and a restart of the machine the number may belong to any program that lives on.
	_, rest, _ := strings.Cut(string(content), "\n")
	other := liveProcess(t)
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(other)+"\n"+rest), 0o600))
	startServer(t, binaries, dir)
	require.True(t, alive(other), "process %d was ended", other)
}

func TestServer_RootRunsAsOwnerOfData(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can")
	}
	nobody, err := user.Lookup("nobody")
	require.NoError(t, err)
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	require.NoError(t, err)
	parent, err := os.MkdirTemp("", "mtf-postgres-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	require.NoError(t, os.Chmod(parent, 0o755))
	binaries, dir := installed(t), filepath.Join(parent, "postgres")
	require.NoError(t, startServer(t, binaries, dir).Stop(t.Context()))

	require.NoError(t, asUser(uint32(uid), uint32(uid)).own(dir))
	server := startServer(t, binaries, dir)
	require.Equal(t, "1", query(t, server, MaintenanceDatabase, "SELECT '1'"))
}
