package apikey_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var now = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func create(t *testing.T, pool *pgxpool.Pool, input apikey.CreateInput) apikey.Key {
	t.Helper()
	key, row, err := apikey.Create(t.Context(), pool, input, now)
	require.NoError(t, err)
	require.Equal(t, key.ID, row.ID)
	return key
}

func TestAuthenticate_NameAndRoles(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	key := create(t, pool, apikey.CreateInput{Name: "crm", Roles: []string{"ops", "billing", "ops"}})
	parsed, ok := apikey.Parse(key.Reveal())
	require.True(t, ok)
	actor, err := apikey.Authenticate(t.Context(), pool, parsed, now)
	require.NoError(t, err)
	require.Equal(t, identity.Actor{ID: "apikey:crm", Roles: []string{"billing", "ops"}}, actor)
}

func TestAuthenticate_Organisations(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	for _, test := range []struct {
		name          string
		organisations []string
		mtf, other    bool
	}{
		{"all", nil, true, true}, {"one", []string{"mtf"}, true, false}, {"both", []string{"other", "mtf", "mtf"}, true, true},
	} {
		key := create(t, pool, apikey.CreateInput{Name: test.name, Roles: []string{"ops"}, Organisations: test.organisations})
		actor, err := apikey.Authenticate(t.Context(), pool, key, now)
		require.NoError(t, err)
		require.Equal(t, []bool{test.mtf, test.other}, []bool{actor.ActsFor("mtf"), actor.ActsFor("other")}, test.name)
	}
	_, _, err := apikey.Create(t.Context(), pool, apikey.CreateInput{Name: "none", Roles: []string{"ops"}, Organisations: []string{"a/b"}}, now)
	require.ErrorContains(t, err, "organisation")
}

func TestAuthenticate_RequiresSecret(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	first := create(t, pool, apikey.CreateInput{Name: "first", Roles: []string{"viewer"}})
	second := create(t, pool, apikey.CreateInput{Name: "second", Roles: []string{"admin"}})
	text := first.Reveal()
	last := "0"
	if strings.HasSuffix(text, last) {
		last = "1"
	}
	secretOf := func(key apikey.Key) string { return key.Reveal()[len(key.Reveal())-43:] }
	for name, token := range map[string]string{
		"one character": text[:len(text)-1] + last,
		"another's":     strings.TrimSuffix(text, secretOf(first)) + secretOf(second),
		"an unknown id": "mtf_" + strings.ReplaceAll(uuid.NewString(), "-", "") + "_" + secretOf(first),
	} {
		key, ok := apikey.Parse(token)
		require.True(t, ok, name)
		actor, err := apikey.Authenticate(t.Context(), pool, key, now)
		require.ErrorIs(t, err, identity.ErrInvalid, name)
		require.Zero(t, actor, name)
		require.NotContains(t, err.Error(), secretOf(first), name)
	}
}

func TestAuthenticate_ExpiryAndRevocation(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	good := func(key apikey.Key, at time.Time) bool {
		_, err := apikey.Authenticate(t.Context(), pool, key, at)
		if err != nil {
			require.ErrorIs(t, err, identity.ErrInvalid)
		}
		return err == nil
	}
	short := create(t, pool, apikey.CreateInput{Name: "short", Roles: []string{"ops"}, Lifetime: time.Hour})
	require.True(t, good(short, now.Add(time.Hour-time.Microsecond)))
	require.False(t, good(short, now.Add(time.Hour)))

	long := create(t, pool, apikey.CreateInput{Name: "long", Roles: []string{"ops"}})
	require.True(t, good(long, now.AddDate(50, 0, 0)))
	_, err := apikey.Revoke(t.Context(), pool, "long", now)
	require.NoError(t, err)
	require.False(t, good(long, now))
	for _, again := range []string{"long", long.ID.String(), "nobody", uuid.NewString(), ""} {
		_, err = apikey.Revoke(t.Context(), pool, again, now)
		require.ErrorIs(t, err, apikey.ErrNotFound, again)
	}
	row, err := apikey.Revoke(t.Context(), pool, short.ID.String(), now)
	require.NoError(t, err)
	require.Equal(t, "short", row.Name)
}

func TestCreate_NameIsUniqueAmongActiveKeys(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	input := apikey.CreateInput{Name: "crm", Roles: []string{"ops"}, Lifetime: time.Minute}
	create(t, pool, input)
	_, _, err := apikey.Create(t.Context(), pool, input, now.Add(time.Hour))
	require.ErrorIs(t, err, apikey.ErrNameTaken)
	_, err = apikey.Revoke(t.Context(), pool, "crm", now)
	require.NoError(t, err)
	create(t, pool, input)
	rows, err := apikey.List(t.Context(), pool)
	require.NoError(t, err)
	require.Len(t, rows, 2)
}

func TestAuthenticate_MarksUseOncePerMinute(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	key := create(t, pool, apikey.CreateInput{Name: "crm", Roles: []string{"ops"}})
	for _, step := range []struct{ used, want time.Duration }{
		{0, 0},
		{time.Second, 0},
		{time.Minute, 0},
		{time.Minute + time.Microsecond, time.Minute + time.Microsecond},
		{90 * time.Second, time.Minute + time.Microsecond},
		{time.Hour, time.Hour},
	} {
		_, err := apikey.Authenticate(t.Context(), pool, key, now.Add(step.used))
		require.NoError(t, err)
		rows, err := apikey.List(t.Context(), pool)
		require.NoError(t, err)
		require.Equal(t, now.Add(step.want), rows[0].LastUsedAt.UTC(), "used at %s", step.used)
	}
	wrong, ok := apikey.Parse("mtf_" + strings.ReplaceAll(key.ID.String(), "-", "") + "_" + strings.Repeat("0", 43))
	require.True(t, ok)
	_, err := apikey.Authenticate(t.Context(), pool, wrong, now.Add(2*time.Hour))
	require.Error(t, err)
	rows, err := apikey.List(t.Context(), pool)
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), rows[0].LastUsedAt.UTC(), "a wrong secret is no use")
}

func TestSecret_IsNeitherStoredNorPrinted(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	key := create(t, pool, apikey.CreateInput{Name: "crm", Roles: []string{"ops"}})
	secret := key.Reveal()[len(key.Reveal())-43:]
	var row string
	require.NoError(t, pool.QueryRow(context.Background(), "SELECT api_keys::text FROM api_keys").Scan(&row))
	require.NotContains(t, row, secret)
	for _, format := range []string{"%s", "%v", "%+v", "%#v"} {
		require.NotContains(t, fmt.Sprintf(format, key), secret, format)
	}
}

func TestNewKey_IsUnique(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	seen := map[string]bool{}
	for i := range 50 {
		key := create(t, pool, apikey.CreateInput{Name: fmt.Sprintf("key-%d", i), Roles: []string{"viewer"}})
		secret := key.Reveal()[len(key.Reveal())-43:]
		require.False(t, seen[secret])
		seen[secret] = true
		_, ok := apikey.Parse(key.Reveal())
		require.True(t, ok, "a made key has the shape of one")
	}
}

func TestParse_AcceptsOnlyKeys(t *testing.T) {
	t.Parallel()
	id, secret := strings.Repeat("0a", 16), strings.Repeat("Zz9", 14)+"x"
	_, ok := apikey.Parse("mtf_" + id + "_" + secret)
	require.True(t, ok)
	for _, text := range []string{
		"", "mtf_", "mtf_cli:ops", "mtf-cli:ops,billing", "mtf_" + id, "mtf_" + id + "_", "mtf_" + id + "_" + secret[1:], "mtf_" + id + "_" + secret + "x",
		"MTF_" + id + "_" + secret, "mtf_" + strings.ToUpper(id) + "_" + secret, "mtf_" + id + "_" + secret + "\n", " mtf_" + id + "_" + secret,
		"mtf_" + id + "_" + secret[:42] + "-", "mtf_" + id + secret, "mtf_" + id + "_" + secret + ":admin",
	} {
		_, ok := apikey.Parse(text)
		require.False(t, ok, "%q", text)
	}
}

func TestCreate_ReportsAllProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		input apikey.CreateInput
		want  []string
	}{
		"good":           {apikey.CreateInput{Name: "crm-2.eu_west", Roles: []string{"viewer", "ops", "billing", "admin"}}, nil},
		"empty":          {apikey.CreateInput{}, []string{"name", "needs a role"}},
		"unknown roles":  {apikey.CreateInput{Name: "a", Roles: []string{"root", "Ops"}}, []string{`"root"`, `"Ops"`}},
		"capitals":       {apikey.CreateInput{Name: "CRM", Roles: []string{"ops"}}, []string{"name"}},
		"a line break":   {apikey.CreateInput{Name: "crm\n", Roles: []string{"ops"}}, []string{"name"}},
		"a UUID":         {apikey.CreateInput{Name: uuid.NewString(), Roles: []string{"ops"}}, []string{"name"}},
		"65 characters":  {apikey.CreateInput{Name: strings.Repeat("a", 65), Roles: []string{"ops"}}, []string{"name"}},
		"ends too early": {apikey.CreateInput{Name: "a", Roles: []string{"ops"}, Lifetime: -1}, []string{"end before"}},
	} {
		err := test.input.Validate()
		if test.want == nil {
			require.NoError(t, err, name)
		}
		for _, want := range test.want {
			require.ErrorContains(t, err, want, name)
		}
	}
}

func TestLifetime_DaysOrDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"90d": 2160 * time.Hour, "1d": 24 * time.Hour, "12h30m": 750 * time.Minute, "3650d": 87600 * time.Hour} {
		got, err := apikey.ParseLifetime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "0d", "-1d", "1.5d", "3651d", "99999999d", "90", "0s", "59s", "1ns", "-1h", "90 d", "1y", "soon", "87601h"} {
		_, err := apikey.ParseLifetime(text)
		require.Error(t, err, text)
	}
}
