package filestore_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/filestore"
)

const bucket = "mtf-documents"

func TestMain(m *testing.M) {
	// Credentials come from where the SDK looks for them, and from nowhere else.
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// startS3 runs a server that speaks S3, with an empty bucket, and returns its URL.
func startS3(t testing.TB, around ...func(http.Handler) http.Handler) string {
	t.Helper()
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket(bucket))
	handler := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	for _, wrap := range around {
		handler = wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func s3Settings(endpoint, prefix string) filestore.S3Settings {
	return filestore.S3Settings{Bucket: bucket, Prefix: prefix, Endpoint: endpoint, Region: "us-east-1", PathStyle: true}
}

func newS3Store(t testing.TB, prefix string) *filestore.S3Store {
	t.Helper()
	store, err := filestore.NewS3Store(t.Context(), s3Settings(startS3(t), prefix))
	require.NoError(t, err)
	return store
}

func TestS3ListsMoreThanAPageOfKeys(t *testing.T) {
	t.Parallel()
	store := newS3Store(t, "")
	const documents = 2_100 // S3 answers a thousand at a time
	for i := range documents {
		require.NoError(t, store.Put(t.Context(), fmt.Sprintf("a/%04d.pdf", i), []byte("x")))
	}
	keys := keysOf(t, store)
	require.Len(t, keys, documents)
	assert.IsIncreasing(t, keys)
}

func TestS3StoresWithOtherPrefixesAreApart(t *testing.T) {
	t.Parallel()
	endpoint := startS3(t)
	var stores []*filestore.S3Store
	for _, prefix := range []string{"", "one", "two/three"} {
		store, err := filestore.NewS3Store(t.Context(), s3Settings(endpoint, prefix))
		require.NoError(t, err)
		require.NoError(t, store.Put(t.Context(), "a/1.pdf", []byte("prefix "+prefix)))
		stores = append(stores, store)
	}
	assert.Equal(t, []string{"a/1.pdf", "one/a/1.pdf", "two/three/a/1.pdf"}, keysOf(t, stores[0]))
	assert.Equal(t, []string{"a/1.pdf"}, keysOf(t, stores[1]))
	content, err := stores[2].Get(t.Context(), "a/1.pdf")
	require.NoError(t, err)
	assert.Equal(t, "prefix two/three", string(content))
}

func TestS3IsAskedAgainWhenItFailsForAMoment(t *testing.T) {
	t.Parallel()
	var failing atomic.Bool
	var failed atomic.Int32
	store, err := filestore.NewS3Store(t.Context(), s3Settings(startS3(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if failing.CompareAndSwap(true, false) {
				failed.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	}), ""))
	require.NoError(t, err)
	failing.Store(true)
	require.NoError(t, store.Put(t.Context(), "a/1.pdf", []byte("content")))
	failing.Store(true)
	content, err := store.Get(t.Context(), "a/1.pdf")
	require.NoError(t, err)
	assert.Equal(t, "content", string(content))
	assert.EqualValues(t, 2, failed.Load())
}

func TestAnOutageOfS3IsToldFromOtherErrors(t *testing.T) {
	t.Parallel()
	var answer atomic.Int32
	store, err := filestore.NewS3Store(t.Context(), s3Settings(startS3(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if status := answer.Load(); status != 0 {
				w.WriteHeader(int(status))
				return
			}
			next.ServeHTTP(w, r)
		})
	}), ""))
	require.NoError(t, err)
	for status, outage := range map[int32]bool{http.StatusServiceUnavailable: true, http.StatusTooManyRequests: true, http.StatusForbidden: false} {
		answer.Store(status)
		err := store.Put(t.Context(), "a/1.pdf", []byte("content"))
		require.Error(t, err)
		assert.Equal(t, outage, filestore.Unavailable(err), "%d: %s", status, err)
	}
	answer.Store(0)
	_, err = store.Get(t.Context(), "a/1.pdf")
	require.ErrorIs(t, err, filestore.ErrNotFound)
	assert.False(t, filestore.Unavailable(err))
}

func TestS3StoreIsRefusedWithoutItsBucket(t *testing.T) {
	t.Parallel()
	endpoint := startS3(t)
	for name, change := range map[string]func(*filestore.S3Settings){
		"bucket is not set": func(s *filestore.S3Settings) { s.Bucket = "" },
		"bucket elsewhere":  func(s *filestore.S3Settings) { s.Bucket = "elsewhere" },
		"prefix":            func(s *filestore.S3Settings) { s.Prefix = "../up" },
	} {
		settings := s3Settings(endpoint, "")
		change(&settings)
		_, err := filestore.NewS3Store(t.Context(), settings)
		assert.ErrorContains(t, err, name)
	}
}

func BenchmarkPutS3(b *testing.B) {
	store := newS3Store(b, "")
	content := make([]byte, 5000)
	for i := 0; b.Loop(); i++ {
		if err := store.Put(b.Context(), fmt.Sprintf("a/%d.pdf", i), content); err != nil {
			b.Fatal(err)
		}
	}
}
