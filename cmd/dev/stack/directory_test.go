package stack

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDirectory_ReleasedDespiteInheritedLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := lock(dir)
	require.NoError(t, err)
	_, err = lock(dir)
	require.ErrorContains(t, err, "another mtf-dev")
	inherited, err := syscall.Dup(int(held.Fd()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Close(inherited)) })
	require.NoError(t, unlock(held))
	again, err := lock(dir)
	require.NoError(t, err)
	require.NoError(t, unlock(again))
}
