package document_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/document"
)

func newStore(t testing.TB) (store *document.DirectoryStore, root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "documents")
	store, err := document.NewDirectoryStore(root)
	require.NoError(t, err)
	return store, root
}

func TestStoreGivesBackWhatWasPut(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	ctx := t.Context()
	key := document.InvoiceKey(uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e"))

	_, err := store.Get(ctx, key)
	require.ErrorIs(t, err, document.ErrNotFound)
	require.NoError(t, store.Delete(ctx, key), "deleting nothing is no error")

	for range 2 { // again changes nothing
		require.NoError(t, store.Put(ctx, key, []byte("content")))
		content, err := store.Get(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, "content", string(content))
	}
	require.NoError(t, store.Put(ctx, key, []byte("other")))
	content, err := store.Get(ctx, key)
	require.NoError(t, err)
	assert.Equal(t, "other", string(content))

	require.NoError(t, store.Delete(ctx, key))
	_, err = store.Get(ctx, key)
	require.ErrorIs(t, err, document.ErrNotFound)
}

func TestStoreListsItsKeysInOrder(t *testing.T) {
	t.Parallel()
	store, root := newStore(t)
	ctx := t.Context()
	for _, key := range []string{"b/2.pdf", "a/1.pdf", "b/1.pdf"} {
		require.NoError(t, store.Put(ctx, key, nil))
	}
	// What a crash in the middle of a Put leaves behind is no document.
	require.NoError(t, os.WriteFile(filepath.Join(root, "a", ".tmp-1"), []byte("half"), 0o600))

	var keys []string
	for key, err := range store.Keys(ctx) {
		require.NoError(t, err)
		keys = append(keys, key)
	}
	assert.Equal(t, []string{"a/1.pdf", "b/1.pdf", "b/2.pdf"}, keys)

	for key := range store.Keys(ctx) {
		assert.Equal(t, "a/1.pdf", key)
		break
	}
}

func TestStoreListReportsAnError(t *testing.T) {
	t.Parallel()
	store, root := newStore(t)
	require.NoError(t, os.RemoveAll(root))
	var errs []error
	for _, err := range store.Keys(t.Context()) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	assert.Error(t, errs[0])
}

func TestStoreRefusesKeysThatLeadOutside(t *testing.T) {
	t.Parallel()
	store, root := newStore(t)
	ctx := t.Context()
	for _, key := range []string{
		"", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./a", "a//b", "a/", "a/.hidden", ".tmp-1",
		`a\b`, "C:a", "a\x00b", "a b", "é", strings.Repeat("a", 513),
	} {
		assert.ErrorIs(t, store.Put(ctx, key, []byte("x")), document.ErrInvalidKey, "%q", key)
		_, err := store.Get(ctx, key)
		assert.ErrorIs(t, err, document.ErrInvalidKey, "%q", key)
		assert.ErrorIs(t, store.Delete(ctx, key), document.ErrInvalidKey, "%q", key)
	}
	entries, err := os.ReadDir(filepath.Dir(root))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "something was written outside the store")
}

func TestReadersNeverSeeHalfADocument(t *testing.T) {
	t.Parallel()
	store, root := newStore(t)
	ctx := t.Context()
	const key = "a/document.pdf"
	contents := [][]byte{bytes.Repeat([]byte("a"), 300_000), bytes.Repeat([]byte("b"), 200_000)}
	require.NoError(t, store.Put(ctx, key, contents[0]))

	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for i := range 4 {
		writers.Go(func() {
			for round := range 20 {
				assert.NoError(t, store.Put(ctx, key, contents[(i+round)%2]))
			}
		})
		readers.Go(func() {
			for {
				content, err := store.Get(ctx, key)
				assert.NoError(t, err)
				assert.True(t, bytes.Equal(content, contents[0]) || bytes.Equal(content, contents[1]), "%d bytes", len(content))
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	entries, err := os.ReadDir(filepath.Join(root, "a"))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "temporary files were left behind")
}

func TestStoreMakesARemovedDirectoryAgain(t *testing.T) {
	t.Parallel()
	store, root := newStore(t)
	require.NoError(t, store.Put(t.Context(), "a/b/1.pdf", []byte("1")))
	require.NoError(t, os.RemoveAll(filepath.Join(root, "a")))
	require.NoError(t, store.Put(t.Context(), "a/b/2.pdf", []byte("2")))
}

func TestFailedPutLeavesNothing(t *testing.T) {
	t.Parallel()
	store, root := newStore(t)
	// A directory where the document should be: the rename fails.
	require.NoError(t, os.MkdirAll(filepath.Join(root, "a", "1.pdf", "x"), 0o750))
	require.Error(t, store.Put(t.Context(), "a/1.pdf", []byte("1")))
	entries, err := os.ReadDir(filepath.Join(root, "a"))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "a temporary file was left behind")
}

func TestKeysSpreadOverFolders(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e")
	assert.Equal(t, "invoices/0199/9e/invoice-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", document.InvoiceKey(id))
	assert.Equal(t, "contracts/0199/9e/contract-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", document.ContractKey(id))
	assert.Equal(t, "invoice-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", document.InvoiceFileName(id))
	assert.Equal(t, "contract-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", document.ContractFileName(id))

	folders := map[string]int{}
	for range 20_000 {
		id, err := uuid.NewV7() // all within the same second or so
		require.NoError(t, err)
		folders[filepath.Dir(document.InvoiceKey(id))]++
	}
	assert.LessOrEqual(t, len(folders), 2*256)
	for folder, files := range folders {
		assert.Less(t, files, 200, folder) // 78 on average
	}
}

func TestSHA256IsLowerCaseHex(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", document.SHA256([]byte("abc")))
}

func BenchmarkPut(b *testing.B) {
	store, _ := newStore(b)
	content := make([]byte, 5000)
	for b.Loop() {
		id, err := uuid.NewV7()
		require.NoError(b, err)
		if err := store.Put(b.Context(), document.InvoiceKey(id), content); err != nil {
			b.Fatal(err)
		}
	}
}
