package documents

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/pdf"
)

// registerLetterhead returns the id of a letterhead, a new one if it was never used.
// It writes only then.
func registerLetterhead(ctx context.Context, tx dbsqlc.DBTX, letterhead pdf.Letterhead, now time.Time) (uuid.UUID, error) {
	content, err := json.Marshal(letterhead)
	if err != nil {
		return uuid.Nil, fmt.Errorf("archive: encode letterhead: %w", err)
	}
	fingerprint := sha256.Sum256(content)
	known, err := dbsqlc.New().LetterheadGetByFingerprint(ctx, tx, fingerprint[:])
	if errors.Is(err, pgx.ErrNoRows) {
		known, err = insertLetterhead(ctx, tx, fingerprint[:], content, now)
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("archive: register letterhead: %w", err)
	}
	return known.ID, nil
}

// insertLetterhead returns the new row of a letterhead, or that of another process which
// was faster.
func insertLetterhead(ctx context.Context, tx dbsqlc.DBTX, fingerprint, content []byte, now time.Time) (dbsqlc.Letterhead, error) {
	queries := dbsqlc.New()
	row, err := queries.LetterheadInsert(ctx, tx, dbsqlc.LetterheadInsertParams{ID: db.NewID(), Fingerprint: fingerprint, Content: content, Now: now})
	if errors.Is(err, pgx.ErrNoRows) {
		return queries.LetterheadGetByFingerprint(ctx, tx, fingerprint)
	}
	return row, err
}

// rendererFor returns the renderer of a letterhead that was registered at any time. It looks up
// an unknown letterhead without a lock, because callers are in transactions and would hold connections while they wait.
func (a *Service) rendererFor(ctx context.Context, letterheadID uuid.UUID) (*pdf.Renderer, error) {
	if known, ok := a.renderers.Load(letterheadID); ok {
		return known.(*pdf.Renderer), nil
	}
	row, err := dbsqlc.New().LetterheadGet(ctx, a.pool, letterheadID)
	if err != nil {
		return nil, fmt.Errorf("archive: letterhead: %w", err)
	}
	var letterhead pdf.Letterhead
	if err := json.Unmarshal(row.Content, &letterhead); err != nil {
		return nil, fmt.Errorf("archive: decode letterhead: %w", err)
	}
	renderer, err := pdf.NewRenderer(letterhead)
	if err != nil {
		return nil, err
	}
	a.renderers.Store(letterheadID, renderer)
	return renderer, nil
}
