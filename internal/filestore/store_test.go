package filestore_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/filestore"
)

// onEachStore runs a test of what every store guarantees.
func onEachStore(t *testing.T, test func(t *testing.T, store filestore.Store)) {
	t.Helper()
	t.Parallel()
	t.Run("directory", func(t *testing.T) {
		t.Parallel()
		store, _ := newDirectoryStore(t)
		test(t, store)
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		test(t, newS3Store(t, "documents/mtf"))
	})
}

func keysOf(t testing.TB, store filestore.Store) []string {
	t.Helper()
	var keys []string
	for key, err := range store.Keys(t.Context()) {
		require.NoError(t, err)
		keys = append(keys, key)
	}
	return keys
}

func TestStoreGivesBackWhatWasPut(t *testing.T) {
	onEachStore(t, func(t *testing.T, store filestore.Store) {
		ctx := t.Context()
		key := filestore.InvoiceKey(uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e"))

		_, err := store.Get(ctx, key)
		require.ErrorIs(t, err, filestore.ErrNotFound)
		require.NoError(t, store.Delete(ctx, key), "deleting nothing is no error")

		for _, content := range []string{"content", "content", "another, longer", "short", ""} {
			require.NoError(t, store.Put(ctx, key, []byte(content)))
			got, err := store.Get(ctx, key)
			require.NoError(t, err)
			assert.Equal(t, content, string(got))
		}
		assert.Equal(t, []string{key}, keysOf(t, store), "nothing else is in the store")

		require.NoError(t, store.Delete(ctx, key))
		_, err = store.Get(ctx, key)
		require.ErrorIs(t, err, filestore.ErrNotFound)
		assert.Empty(t, keysOf(t, store))
	})
}

func TestStoreListsItsKeysInOrder(t *testing.T) {
	onEachStore(t, func(t *testing.T, store filestore.Store) {
		for _, key := range []string{"b/2.pdf", "a/1.pdf", "b/1.pdf"} {
			require.NoError(t, store.Put(t.Context(), key, nil))
		}
		assert.Equal(t, []string{"a/1.pdf", "b/1.pdf", "b/2.pdf"}, keysOf(t, store))
		for key := range store.Keys(t.Context()) {
			assert.Equal(t, "a/1.pdf", key)
			break
		}
	})
}

func TestStoreRefusesKeysThatLeadOutside(t *testing.T) {
	onEachStore(t, func(t *testing.T, store filestore.Store) {
		ctx := t.Context()
		for _, key := range []string{
			"", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./a", "a//b", "a/", "a/.hidden", ".tmp-1",
			`a\b`, "C:a", "a\x00b", "a b", "é", strings.Repeat("a", 513),
		} {
			assert.ErrorIs(t, store.Put(ctx, key, []byte("x")), filestore.ErrInvalidKey, "%q", key)
			_, err := store.Get(ctx, key)
			assert.ErrorIs(t, err, filestore.ErrInvalidKey, "%q", key)
			assert.ErrorIs(t, store.Delete(ctx, key), filestore.ErrInvalidKey, "%q", key)
		}
		assert.Empty(t, keysOf(t, store))
	})
}

func TestPuttingADocumentAgainDisturbsNoReader(t *testing.T) {
	onEachStore(t, func(t *testing.T, store filestore.Store) {
		const key = "a/document.pdf"
		content := bytes.Repeat([]byte("a"), 300_000)
		require.NoError(t, store.Put(t.Context(), key, content))

		var writers, readers sync.WaitGroup
		done := make(chan struct{})
		for range 4 {
			writers.Go(func() {
				for range 20 {
					assert.NoError(t, store.Put(t.Context(), key, content))
				}
			})
			readers.Go(func() {
				for {
					got, err := store.Get(t.Context(), key)
					assert.NoError(t, err)
					assert.True(t, bytes.Equal(got, content), "%d bytes", len(got))
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
		assert.Equal(t, []string{key}, keysOf(t, store))
	})
}

func TestKeysAreNamedByTheirID(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e")
	assert.Equal(t, "invoices/0199/9e/invoice-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", filestore.InvoiceKey(id))
	assert.Equal(t, "contracts/0199/9e/contract-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", filestore.ContractKey(id))
	assert.Equal(t, "invoice-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", filestore.InvoiceFileName(id))
	assert.Equal(t, "contract-0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e.pdf", filestore.ContractFileName(id))
}

// A year of runs of a million invoices each, on the first of every month, of which
// one in ten is looked at.
func TestNoFolderHoldsMoreThanSomeThousandFiles(t *testing.T) {
	t.Parallel()
	const inTen, invoices, months = 10, 1_000_000, 12
	random := rand.New(rand.NewPCG(2026, 1))
	folders := map[string]int{}
	for month := range months {
		begun := time.Date(2026, time.January+time.Month(month), 1, 2, 0, 0, 0, time.UTC).UnixMilli()
		for i := range int64(invoices / inTen) {
			var id uuid.UUID
			binary.BigEndian.PutUint64(id[8:], random.Uint64())
			binary.BigEndian.PutUint64(id[:8], uint64(begun+i*inTen)<<16|0x7000) // a thousand in a second
			folders[path.Dir(filestore.InvoiceKey(id))]++
		}
	}
	largest := 0
	for _, files := range folders {
		largest = max(largest, files)
	}
	assert.Less(t, largest*inTen, 10_000)
	assert.LessOrEqual(t, len(folders), 9*256, "folders are costly to make")
}

func TestSHA256IsLowerCaseHex(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", filestore.SHA256([]byte("abc")))
}
