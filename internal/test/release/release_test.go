// Package release_test proves that a released version can be upgraded: today's migrations, workflows and API accept
// the database and the open workflows of every release. testdata has a directory for each release.
package release_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
)

var update = flag.Bool("update", false, "record the fixture of the version in the file VERSION")

// The files of a release.
const (
	// migrationsFile lists the migrations of the release with their digests, as sha256sum does.
	migrationsFile = "migrations.sha256"
	// dataFile holds the rows of every table, without the schema.
	dataFile = "data.sql.gz"
	// workflowsDirectory holds the histories of the workflows that were open.
	workflowsDirectory = "workflows"
)

// releases returns the directory of each release.
func releases(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("testdata", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, found, "make generate/release-fixture records the fixture of a release")
	return found
}

// eachRelease runs a test for each release.
func eachRelease(t *testing.T, test func(t *testing.T, directory string)) {
	t.Helper()
	t.Parallel()
	for _, directory := range releases(t) {
		t.Run(filepath.Base(directory), func(t *testing.T) {
			t.Parallel()
			test(t, directory)
		})
	}
}

// migrationDigests returns a line per migration of this repository: its digest and its name.
func migrationDigests(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(db.Migrations(), "*.sql")
	require.NoError(t, err)
	var lines []string
	for _, name := range names {
		content, err := fs.ReadFile(db.Migrations(), name)
		require.NoError(t, err)
		digest := sha256.Sum256(content)
		lines = append(lines, hex.EncodeToString(digest[:])+"  "+name)
	}
	return lines
}

// releasedMigrations returns the lines of a release's migrations.
func releasedMigrations(t *testing.T, directory string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(directory, migrationsFile))
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(content)), "\n")
}

// The program applies a migration once, so an edit of a released migration would never reach an existing database.
func TestRelease_MigrationsAreImmutable(t *testing.T) {
	eachRelease(t, func(t *testing.T, directory string) {
		released, current := releasedMigrations(t, directory), migrationDigests(t)
		require.GreaterOrEqual(t, len(current), len(released))
		require.Equal(t, released, current[:len(released)], "a released migration was edited, renamed, removed or preceded by a new one")
	})
}
