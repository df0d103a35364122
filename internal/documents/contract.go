package documents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// IssueContract registers a new document with the contract's state in this transaction,
// and records it in the trail. StoreContract stores the file after the commit: the
// register decides which documents exist, so a rollback leaves no orphaned file.
func (a *Service) IssueContract(ctx context.Context, tx dbsqlc.DBTX, parties contract.Parties, mode pdf.ContractMode,
	trail *contract.Trail, now time.Time,
) (dbsqlc.Document, error) {
	id := db.NewID()
	shown := contractContent(id, parties, mode, now, a.zone.DateAt(now))
	renderer, err := a.rendererFor(ctx, a.current)
	if err != nil {
		return dbsqlc.Document{}, err
	}
	file, err := renderer.RenderContract(shown)
	if err != nil {
		return dbsqlc.Document{}, fmt.Errorf("%w: contract %s: %w", ErrRendering, parties.Contract.ID, err)
	}
	snapshot, err := json.Marshal(shown)
	if err != nil {
		return dbsqlc.Document{}, fmt.Errorf("archive: encode contract content: %w", err)
	}
	sum := sha256.Sum256(file)
	issued, err := dbsqlc.New().DocumentInsertContract(ctx, tx, dbsqlc.DocumentInsertContractParams{
		ID: id, ContractID: &parties.Contract.ID, LetterheadID: a.current, FileName: filestore.ContractFileName(parties.Contract.ID),
		StorageKey: filestore.ContractKey(id), SHA256: sum[:], SizeBytes: int32(len(file)), Content: snapshot, Now: now,
	})
	if err != nil {
		return dbsqlc.Document{}, fmt.Errorf("archive: register contract document: %w", err)
	}
	trail.Add(contract.EventDocumentIssued, map[string]any{
		"document_id":   id,
		"document_type": issued.DocumentType,
		"sha256":        hex.EncodeToString(sum[:]),
	})
	return issued, nil
}

// StoreContract writes the file of a registered contract document. It may be
// repeated: the file is always the same.
func (a *Service) StoreContract(ctx context.Context, documentID uuid.UUID) error {
	registered, err := dbsqlc.New().DocumentGetByID(ctx, a.pool, documentID)
	if err != nil {
		return fmt.Errorf("archive: find document: %w", err)
	}
	_, err = a.restore(ctx, registered, renderContract(registered))
	return err
}

// LatestContractDocument returns the newest document of a contract, or the refusal
// contract_document_not_found.
func (a *Service) LatestContractDocument(ctx context.Context, tx dbsqlc.DBTX, contractID uuid.UUID) (dbsqlc.Document, error) {
	registered, err := dbsqlc.New().DocumentGetLatestByContract(ctx, tx, &contractID)
	if errors.Is(err, pgx.ErrNoRows) {
		return registered, refusal.New(refusal.ContractDocumentNotFound)
	}
	return registered, err
}

// ContractFile returns the newest document of a contract, made again if its file is lost.
func (a *Service) ContractFile(ctx context.Context, contractID uuid.UUID) (File, error) {
	registered, err := a.LatestContractDocument(ctx, a.pool, contractID)
	if err != nil {
		return File{}, err
	}
	return a.file(ctx, registered, renderContract(registered))
}

func renderContract(registered dbsqlc.Document) func(*pdf.Renderer) ([]byte, error) {
	return func(renderer *pdf.Renderer) ([]byte, error) {
		var shown pdf.ContractContent
		if err := json.Unmarshal(registered.Content, &shown); err != nil {
			return nil, err
		}
		return renderer.RenderContract(shown)
	}
}
