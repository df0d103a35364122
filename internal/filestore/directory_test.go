package filestore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/filestore"
)

func newDirectoryStore(t testing.TB) (store *filestore.DirectoryStore, root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "documents")
	store, err := filestore.NewDirectoryStore(root)
	require.NoError(t, err)
	return store, root
}

func TestDirectoryListReportsAnError(t *testing.T) {
	t.Parallel()
	store, root := newDirectoryStore(t)
	require.NoError(t, os.RemoveAll(root))
	var errs []error
	for _, err := range store.Keys(t.Context()) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	assert.Error(t, errs[0])
}

func TestDirectoryListPassesOverWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	store, root := newDirectoryStore(t)
	require.NoError(t, store.Put(t.Context(), "a/1.pdf", nil))
	require.NoError(t, os.WriteFile(filepath.Join(root, "a", ".nfs0001"), []byte("half"), 0o600))
	assert.Equal(t, []string{"a/1.pdf"}, keysOf(t, store))
}

func TestDirectoryStoreWritesNothingOutside(t *testing.T) {
	t.Parallel()
	store, root := newDirectoryStore(t)
	require.ErrorIs(t, store.Put(t.Context(), "../x", []byte("x")), filestore.ErrInvalidKey)
	entries, err := os.ReadDir(filepath.Dir(root))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestDirectoryStoreMakesARemovedFolderAgain(t *testing.T) {
	t.Parallel()
	store, root := newDirectoryStore(t)
	require.NoError(t, store.Put(t.Context(), "a/b/1.pdf", []byte("1")))
	require.NoError(t, os.RemoveAll(filepath.Join(root, "a")))
	require.NoError(t, store.Put(t.Context(), "a/b/2.pdf", []byte("2")))
}

func TestDirectoryStoreMendsAFileThatAKillLeftShort(t *testing.T) {
	t.Parallel()
	store, root := newDirectoryStore(t)
	require.NoError(t, store.Put(t.Context(), "a/1.pdf", []byte("content")))
	for _, damaged := range []string{"", "cont", "content and what does not belong to it", "CONTENT"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, "a", "1.pdf"), []byte(damaged), 0o600))
		require.NoError(t, store.Put(t.Context(), "a/1.pdf", []byte("content")))
		content, err := store.Get(t.Context(), "a/1.pdf")
		require.NoError(t, err)
		assert.Equal(t, "content", string(content))
	}
}

func TestAFailedPutIntoADirectoryLeavesNothing(t *testing.T) {
	t.Parallel()
	store, root := newDirectoryStore(t)
	// A directory where the document should be.
	require.NoError(t, os.MkdirAll(filepath.Join(root, "a", "1.pdf", "x"), 0o750))
	require.Error(t, store.Put(t.Context(), "a/1.pdf", []byte("1")))
	entries, err := os.ReadDir(filepath.Join(root, "a"))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func BenchmarkPut(b *testing.B) {
	store, _ := newDirectoryStore(b)
	content := make([]byte, 5000)
	for b.Loop() {
		id, err := uuid.NewV7()
		require.NoError(b, err)
		if err := store.Put(b.Context(), filestore.InvoiceKey(id), content); err != nil {
			b.Fatal(err)
		}
	}
}
