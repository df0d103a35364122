package telemetry

import (
	"context"
	"errors"

	"github.com/mtfacturation/mtf/internal/filestore"
)

// The types of documents and the calls of the store, as labels.
const (
	documentInvoice  = "invoice"
	documentContract = "contract"

	storeGet = "get"
	storePut = "put"
)

// countedStore counts what a store takes, and its faults.
type countedStore struct {
	filestore.Store
	metrics *Metrics
}

// Documents returns the store with its documents counted.
func (m *Metrics) Documents(store filestore.Store) filestore.Store {
	if m == nil {
		return store
	}
	return countedStore{store, m}
}

// Put implements filestore.Store.
func (s countedStore) Put(ctx context.Context, key string, content []byte) error {
	err := s.Store.Put(ctx, key, content)
	if err != nil {
		s.fault(ctx, storePut)
		return err
	}
	documentType := documentInvoice
	if filestore.IsContractKey(key) {
		documentType = documentContract
	}
	s.metrics.documents.WithLabelValues(documentType).Inc()
	return nil
}

// Get implements filestore.Store.
func (s countedStore) Get(ctx context.Context, key string) ([]byte, error) {
	content, err := s.Store.Get(ctx, key)
	if err != nil && !errors.Is(err, filestore.ErrNotFound) {
		s.fault(ctx, storeGet)
	}
	return content, err
}

// fault counts a call that failed, unless it was called off.
func (s countedStore) fault(ctx context.Context, operation string) {
	if ctx.Err() == nil {
		s.metrics.storeErrors.WithLabelValues(operation).Inc()
	}
}
