package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// run runs the program with arguments and returns what it writes to standard output.
func run(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("mtf"))
	require.NoError(t, err)
	parsed, err := parser.Parse(arguments)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	parsed.BindTo(t.Context(), (*context.Context)(nil))
	parsed.BindTo(&out, (*io.Writer)(nil))
	err = parsed.Run()
	return out.String(), err
}

func TestAPIKeys_CreateListRevoke(t *testing.T) {
	url := servers.DatabaseURL(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("MTF_ENV", "test")
	pool, err := db.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)

	out, err := run(t, "apikeys", "create", "--name", "crm", "--role", "ops", "--role", "billing", "--expires", "90d")
	require.NoError(t, err)
	require.Regexp(t, `^mtf_[0-9a-f]{32}_[0-9A-Za-z]{43}\n$`, out, "the key stands alone, so that it can be piped")
	key, ok := apikey.Parse(out[:len(out)-1])
	require.True(t, ok)
	actor, err := apikey.Authenticate(t.Context(), pool, key, app.Clock())
	require.NoError(t, err)
	require.Equal(t, identity.Actor{ID: "apikey:crm", Roles: []string{"billing", "ops"}}, actor)
	_, err = apikey.Authenticate(t.Context(), pool, key, app.Clock().Add(90*24*time.Hour))
	require.ErrorIs(t, err, identity.ErrInvalid, "it ends after its 90 days")

	_, err = run(t, "apikeys", "create", "--name", "crm", "--role", "ops")
	require.ErrorIs(t, err, apikey.ErrNameTaken)

	table, err := run(t, "apikeys", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^crm +active +billing,ops +all +\S+Z +\S+Z +\S+Z +`+key.ID.String()+`$`, table)
	listed, err := run(t, "apikeys", "list", "--json")
	require.NoError(t, err)
	var keys []map[string]any
	require.NoError(t, json.Unmarshal([]byte(listed), &keys))
	require.Len(t, keys, 1)
	require.Equal(t, "crm", keys[0]["name"])
	require.NotContains(t, listed, "secret", "not even the hash is shown")
	require.NotContains(t, table+listed, out[len(out)-44:len(out)-1])

	out, err = run(t, "apikeys", "revoke", "crm")
	require.NoError(t, err)
	require.Contains(t, out, key.ID.String())
	_, err = apikey.Authenticate(t.Context(), pool, key, app.Clock())
	require.ErrorIs(t, err, identity.ErrInvalid)
	_, err = run(t, "apikeys", "revoke", key.ID.String())
	require.ErrorIs(t, err, apikey.ErrNotFound)

	table, err = run(t, "apikeys", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^crm +revoked `, table)
}

func TestAPIKeys_RefusesInvalidOptions(t *testing.T) {
	t.Setenv("DATABASE_URL", servers.DatabaseURL(t))
	t.Setenv("MTF_ENV", "test")
	for _, arguments := range [][]string{
		{"--name", "crm"},
		{"--role", "ops"},
		{"--name", "crm", "--role", "root"},
		{"--name", "C R M", "--role", "ops"},
		{"--name", "crm", "--role", "ops", "--expires", "soon"},
		{"--name", "crm", "--role", "ops", "--expires", "0d"},
	} {
		out, err := run(t, append([]string{"apikeys", "create"}, arguments...)...)
		require.Error(t, err, "%v", arguments)
		require.Empty(t, out, "%v", arguments)
	}
	listed, err := run(t, "apikeys", "list", "--json")
	require.NoError(t, err)
	require.JSONEq(t, "[]", listed)
}
