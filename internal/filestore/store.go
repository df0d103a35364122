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

// Unavailable reports whether an error of a store says that it takes no more work now, rather than anything
// about the work itself: S3 answers with 5xx or throttles, or a disk is full. What the network reports is not told here.
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
	// Put stores the content under the key, in place of what is there. A Put that is
	// cut off may leave a part of it, and a reader may see that part meanwhile:
	// readers compare what they get with the document's SHA-256. Putting what is
	// there already disturbs no reader.
	Put(ctx context.Context, key string, content []byte) error

	// Get returns the content, or an error that wraps ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)

	// Delete removes the key; a key that holds nothing is no error.
	Delete(ctx context.Context, key string) error

	// Keys yields all keys in ascending order. The first error is the last thing
	// yielded. Keys written or deleted meanwhile may or may not be seen.
	Keys(ctx context.Context) iter.Seq2[string, error]
}
