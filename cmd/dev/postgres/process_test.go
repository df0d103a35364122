package postgres

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// liveProcess starts a program that waits until the test ends and returns its number.
func liveProcess(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("cat")
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		input.Close()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}
