package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestDunningPolicy_ShowAndSet(t *testing.T) {
	t.Setenv("DATABASE_URL", servers.DatabaseURL(t))
	t.Setenv("MTF_ENV", "test")
	shown, err := run(t, "dunning", "policy", "show")
	require.NoError(t, err)
	var policy dunning.Policy
	require.NoError(t, json.Unmarshal([]byte(shown), &policy))
	require.EqualValues(t, 1, policy.Version)
	require.Len(t, policy.Steps, 2)

	file := filepath.Join(t.TempDir(), "policy.json")
	write := func(content string) {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
	write(shown)
	said, err := run(t, "dunning", "policy", "set", file)
	require.NoError(t, err)
	require.Equal(t, "dunning policy 1 with 2 steps\n", said, "what is shown can be set, and is no new version")

	write(`[{"name": "suspension", "days_past_due": 45, "action": "suspend_contracts", "channel": "none"}]`)
	said, err = run(t, "dunning", "policy", "set", file)
	require.NoError(t, err)
	require.Equal(t, "dunning policy 2 with 1 steps\n", said)
	shown, err = run(t, "dunning", "policy", "show")
	require.NoError(t, err)
	require.JSONEq(t, `{"version": 2, "steps": [{"name": "suspension", "days_past_due": 45, "action": "suspend_contracts", "channel": "none"}]}`, shown)

	write(`[{"name": "suspension", "days_past_due": 0, "action": "suspend_contracts", "channel": "none"}]`)
	_, err = run(t, "dunning", "policy", "set", file)
	require.ErrorIs(t, err, dunning.ErrPolicy)
	_, err = run(t, "dunning", "policy", "set", filepath.Join(t.TempDir(), "nothing.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
	unchanged, err := run(t, "dunning", "policy", "show")
	require.NoError(t, err)
	require.Equal(t, shown, unchanged)
}
