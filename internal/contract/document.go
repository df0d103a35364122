package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// IssuingSystem is the creation system of documents that this system issued.
const IssuingSystem = "mtf"

// LinkDocumentInput is a signed document that an outside document service keeps. A nil
// field was not given. Instants are in UTC and whole microseconds, as they are stored.
type LinkDocumentInput struct {
	ID         uuid.UUID
	ContractID uuid.UUID
	// DocumentsContractID and DocumentsOwnerID are what the document service calls the
	// document and its owner.
	DocumentsContractID string
	DocumentsOwnerID    string
	CreationDate        *time.Time
	CreationUser        *string
	CreationSystem      *string
	LastUpdatedDate     *time.Time
	LastUpdatedUser     *string
}

// Document is a signed document of a contract, issued by this system or kept by an outside
// service.
type Document struct {
	ID                  uuid.UUID
	ContractID          uuid.UUID
	DocumentsContractID string
	DocumentsOwnerID    string
	CreationDate        time.Time
	CreationUser        string
	// CreationSystem is "" if it was not given.
	CreationSystem  string
	LastUpdatedDate time.Time
	LastUpdatedUser string
}

// ShownDocument fills in the fields of a document that were not given: its creator and
// creation time are the user and time of its registration, and it has not changed since.
func ShownDocument(row dbsqlc.ContractDocument) Document {
	shown := Document{
		ID: row.ID, ContractID: row.ContractID, DocumentsContractID: row.DocumentsContractID, DocumentsOwnerID: row.DocumentsOwnerID,
		CreationDate: told(row.CreationDate, row.RegisteredAt), CreationUser: told(row.CreationUser, row.RegisteredBy),
		CreationSystem: told(row.CreationSystem, ""),
	}
	if row.Issued {
		shown.CreationSystem = IssuingSystem
	}
	shown.LastUpdatedDate = told(row.LastUpdatedDate, shown.CreationDate)
	shown.LastUpdatedUser = told(row.LastUpdatedUser, shown.CreationUser)
	return shown
}

// LinkDocument links a document to a contract and reports whether it was not linked
// before. A document that is there with the same content is answered as it is, however
// many callers link it at once.
//
// It refuses with contract_not_found, and with contract_document_conflict when the id
// belongs to a document with another content.
func LinkDocument(ctx context.Context, tx pgx.Tx, input LinkDocumentInput, actorID string, now time.Time) (Document, bool, error) {
	queries := dbsqlc.New()
	if _, err := queries.ContractGetByID(ctx, tx, input.ContractID); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			err = refusal.New(refusal.ContractNotFound)
		}
		return Document{}, false, err
	}
	var linked int64
	stored, err := queries.ContractDocumentGetByID(ctx, tx, input.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		if linked, err = queries.LinkedContractDocumentInsert(ctx, tx, dbsqlc.LinkedContractDocumentInsertParams{
			ID: input.ID, ContractID: input.ContractID, DocumentsContractID: input.DocumentsContractID, DocumentsOwnerID: input.DocumentsOwnerID,
			CreationDate: input.CreationDate, CreationUser: input.CreationUser, CreationSystem: input.CreationSystem,
			LastUpdatedDate: input.LastUpdatedDate, LastUpdatedUser: input.LastUpdatedUser, LinkedBy: actorID, Now: now,
		}); err != nil {
			return Document{}, false, fmt.Errorf("contract: link document: %w", err)
		}
		// Now the document that another caller linked in between is visible.
		stored, err = queries.ContractDocumentGetByID(ctx, tx, input.ID)
	}
	if err != nil {
		return Document{}, false, fmt.Errorf("contract: read document: %w", err)
	}
	if linked == 0 && !input.describes(stored) {
		return Document{}, false, refusal.New(refusal.ContractDocumentConflict)
	}
	return ShownDocument(stored), linked == 1, nil
}

// describes reports whether the input matches the stored document: it gives the same
// values, and at least the fields that were given when the document was linked.
func (in LinkDocumentInput) describes(row dbsqlc.ContractDocument) bool {
	shown := ShownDocument(row)
	return in.ContractID == shown.ContractID &&
		in.DocumentsContractID == shown.DocumentsContractID && in.DocumentsOwnerID == shown.DocumentsOwnerID &&
		agrees(in.CreationDate, row.CreationDate, shown.CreationDate, time.Time.Equal) &&
		agrees(in.CreationUser, row.CreationUser, shown.CreationUser, equal) &&
		agrees(in.CreationSystem, row.CreationSystem, shown.CreationSystem, equal) &&
		agrees(in.LastUpdatedDate, row.LastUpdatedDate, shown.LastUpdatedDate, time.Time.Equal) &&
		agrees(in.LastUpdatedUser, row.LastUpdatedUser, shown.LastUpdatedUser, equal)
}

// agrees reports whether an optional field says what is shown, or was left out then as now.
func agrees[T any](said, before *T, shown T, same func(T, T) bool) bool {
	if said == nil {
		return before == nil
	}
	return same(*said, shown)
}

func equal(a, b string) bool { return a == b }

// A nil value yields otherwise.
func told[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
