package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// IssueContractDocumentInput identifies the contract to issue a document for.
type IssueContractDocumentInput struct {
	ContractID uuid.UUID `json:"contract_id"`
	ActorID    string    `json:"actor_id"`
}

// IssueContractDocument registers the document of a contract, unless the contract has one, and returns
// the id of the document.
func (a *Activities) IssueContractDocument(ctx context.Context, input IssueContractDocumentInput) (uuid.UUID, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (uuid.UUID, error) {
		if _, err := dbsqlc.New().ContractLock(ctx, tx, input.ContractID); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				err = refusal.New(refusal.ContractNotFound)
			}
			return uuid.Nil, err
		}
		existing, err := a.Documents.LatestContractDocument(ctx, tx, input.ContractID)
		if !errors.Is(err, refusal.New(refusal.ContractDocumentNotFound)) {
			return existing.ID, err
		}
		parties, err := dbsqlc.New().ContractGetParties(ctx, tx, input.ContractID)
		if err != nil {
			return uuid.Nil, fmt.Errorf("activities: find contract: %w", err)
		}
		trail := contract.NewTrail(input.ContractID, actor.ID(input.ActorID))
		issued, err := a.Documents.IssueContract(ctx, tx, parties, pdf.NewSubscription, trail, now)
		if err != nil {
			return uuid.Nil, err
		}
		return issued.ID, trail.Write(ctx, tx, now)
	})
}

// StoreContractDocument writes the file of a registered contract document.
func (a *Activities) StoreContractDocument(ctx context.Context, documentID uuid.UUID) error {
	return applicationError(a.Documents.StoreContract(ctx, documentID))
}

// IssueChunkDocuments issues the documents of the invoices of a chunk, marks the chunk as documented,
// and returns the number of documents.
func (a *Activities) IssueChunkDocuments(ctx context.Context, chunk ChunkInput) (int32, error) {
	stop := heartbeat(ctx)
	defer stop()
	documents, err := a.issueChunkDocuments(ctx, chunk)
	return documents, a.stopRetryingPermanentFault(ctx, err)
}

func (a *Activities) issueChunkDocuments(ctx context.Context, chunk ChunkInput) (int32, error) {
	row, err := dbsqlc.New().BillingRunChunkGet(ctx, a.Pool, dbsqlc.BillingRunChunkGetParams{
		BillingRunID: chunk.RunID, Number: chunk.Number,
	})
	if err != nil {
		return 0, fmt.Errorf("activities: find chunk: %w", err)
	}
	now := a.Now()
	err = a.Documents.IssueInvoices(ctx, documents.InvoiceRange{
		BillingRunID: chunk.RunID, FirstClientID: row.FirstClientID, LastClientID: row.LastClientID,
	}, now)
	if err != nil {
		return 0, err
	}
	err = dbsqlc.New().BillingRunChunkMarkDocumented(ctx, a.Pool, dbsqlc.BillingRunChunkMarkDocumentedParams{
		BillingRunID: chunk.RunID, Number: chunk.Number, Now: &now,
	})
	return row.InvoiceCount, err
}
