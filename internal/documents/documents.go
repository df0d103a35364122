// Package documents issues documents and gives them out again.
//
// The register (table documents) says which documents were issued and what their
// bytes hash to; the store holds the files. A file is always made from rows, so a
// lost one is made again and must hash to what the register says.
package documents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/pdf"
)

// ErrChanged is returned if a document that is rendered again differs from the issued
// document. The program must not present it as the original.
var ErrChanged = errors.New("documents: the document differs from the issued document")

// ErrRendering is returned for a document that cannot be made of its rows.
var ErrRendering = errors.New("archive: the document cannot be rendered")

// Service issues and restores documents. It is safe for concurrent use.
type Service struct {
	pool    *pgxpool.Pool
	store   filestore.Store
	zone    calendar.Zone
	current uuid.UUID
	// renderers are the *pdf.Renderer that were needed so far, by the id of their letterhead.
	renderers sync.Map
}

// File is a document with the name under which a client saves it.
type File struct {
	Name    string
	Content []byte
}

// Open returns a service that issues documents under the given letterhead. It registers the
// letterhead, so that documents can be rendered again after it has changed. It only reads a
// registered letterhead, so that readers can use a replica.
func Open(ctx context.Context, pool *pgxpool.Pool, store filestore.Store, letterhead pdf.Letterhead,
	zone calendar.Zone, now time.Time,
) (*Service, error) {
	current, err := registerLetterhead(ctx, pool, letterhead, now)
	if err != nil {
		return nil, err
	}
	renderer, err := pdf.NewRenderer(letterhead)
	if err != nil {
		return nil, err
	}
	a := &Service{pool: pool, store: store, zone: zone, current: current}
	a.renderers.Store(current, renderer)
	return a, nil
}

// file reads a registered document and makes it again when its file is lost or is
// not what was registered, as after a power cut.
func (a *Service) file(ctx context.Context, registered dbsqlc.Document, render func(*pdf.Renderer) ([]byte, error)) (File, error) {
	content, err := a.store.Get(ctx, registered.StorageKey)
	if errors.Is(err, filestore.ErrNotFound) || err == nil && !isRegistered(content, registered) {
		content, err = a.restore(ctx, registered, render)
	}
	if err != nil {
		return File{}, err
	}
	return File{Name: registered.FileName, Content: content}, nil
}

// restore makes a registered document again, checks it against the register and stores it.
func (a *Service) restore(ctx context.Context, registered dbsqlc.Document, render func(*pdf.Renderer) ([]byte, error)) ([]byte, error) {
	renderer, err := a.rendererFor(ctx, registered.LetterheadID)
	if err != nil {
		return nil, err
	}
	content, err := render(renderer)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRendering, registered.StorageKey, err)
	}
	if !isRegistered(content, registered) {
		return nil, fmt.Errorf("%w: %s", ErrChanged, registered.StorageKey)
	}
	if err := a.store.Put(ctx, registered.StorageKey, content); err != nil {
		return nil, err
	}
	return content, nil
}

func isRegistered(content []byte, registered dbsqlc.Document) bool {
	return hashesTo(content, registered.SHA256)
}

func hashesTo(content, registered []byte) bool {
	sum := sha256.Sum256(content)
	return bytes.Equal(sum[:], registered)
}
