package filestore

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// ErrNotFound is returned by Get for a key that holds nothing.
var ErrNotFound = errors.New("document: not found")

// Unavailable reports whether an error means that the store accepts no work now, whatever the work is: S3 answers
// with 5xx or throttles, or the disk is full. It does not recognise network errors.
func Unavailable(err error) bool {
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		status := answer.HTTPStatusCode()
		return status >= http.StatusInternalServerError || status == http.StatusTooManyRequests
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Store keeps documents by key. Documents never change, so writing a key again
// is harmless. Every method returns an error that wraps ErrInvalidKey for a key
// that is not made of plain slash-separated names. Implementations are safe for
// concurrent use.
type Store interface {
	// Put stores the content under the key and replaces existing content. An interrupted
	// Put may leave a part of the content, and a concurrent reader may see a part:
	// readers compare the content with the document's SHA-256. Putting the same content
	// again disturbs no reader.
	Put(ctx context.Context, key string, content []byte) error

	// Get returns the content, or an error that wraps ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)

	// Delete removes the key. It returns no error if the key does not exist.
	Delete(ctx context.Context, key string) error

	// Keys yields all keys in ascending order. The first error is the last thing
	// yielded. Keys written or deleted meanwhile may or may not be seen.
	Keys(ctx context.Context) iter.Seq2[string, error]
}
