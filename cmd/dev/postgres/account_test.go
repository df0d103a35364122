package postgres

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// otherUsers returns the account that root falls back to where there are no user namespaces.
func otherUsers(t *testing.T) []account {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root changes to another user")
	}
	nobody, err := lookUp("nobody")
	require.NoError(t, err)
	return []account{nobody}
}

func TestAccount_RootFallsBackToReachableUser(t *testing.T) {
	t.Parallel()
	candidates := otherUsers(t)
	dir, err := os.MkdirTemp("", "mtf-account-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	chosen, err := firstThatWorks(t.Context(), installed(t), dir, candidates)
	require.NoError(t, err)
	require.Equal(t, candidates[0].owner, chosen.owner)
	require.Equal(t, chosen.owner.Uid, ownerOf(t, dir))
}

func TestAccount_RootExplainsUnusableDirectory(t *testing.T) {
	t.Parallel()
	candidates := otherUsers(t)
	dir := filepath.Join(t.TempDir(), "private", "postgres") // t.TempDir is below a directory closed to others.
	require.NoError(t, os.MkdirAll(dir, 0o700))
	_, err := firstThatWorks(t.Context(), installed(t), dir, candidates)
	require.ErrorContains(t, err, "PostgreSQL does not run as root")
	require.NotContains(t, err.Error(), "\n")
	require.Zero(t, ownerOf(t, dir), "the directory is root's again")
}

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Sys().(*syscall.Stat_t).Uid
}
