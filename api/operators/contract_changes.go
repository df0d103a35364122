package operators

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) contractChangeRoutes() {
	const tag = "Contracts"
	rest.Register(h.API, rest.Operation{
		ID: "createContract", Method: http.MethodPost, Path: "/api/v1/contracts", Tag: tag, Access: rest.Writers,
		Summary: "Create a contract on an existing subscriber",
		Description: "For operators who set up every part themselves. The subscriber must belong to the client, match " +
			"the offer, and have no open contract. To let the system choose, use `/api/v1/contracts/provision`.",
		Success: "The new contract.",
		Refusals: []refusal.Code{
			refusal.OfferNotFound, refusal.ClientNotFound, refusal.SubscriberNotFound,
			refusal.SubscriberClient, refusal.SubscriberOffer, refusal.ContractDateInvalid,
			refusal.ContractCommitmentInvalid, refusal.SubscriberContracted,
		},
	}, h.createContract)
	rest.Register(h.API, rest.Operation{
		ID: "changeContractStatus", Method: http.MethodPut, Path: "/api/v1/contracts/{contract_id}/status", Tag: tag,
		Access:  rest.Writers,
		Summary: "Activate, suspend, or terminate a contract",
		Description: "A draft can become active or terminated, an active contract suspended or terminated, and a " +
			"suspended contract active or terminated; terminated is final. Requesting the current status changes nothing.",
		Success:  "The updated contract.",
		Refusals: []refusal.Code{refusal.ContractNotFound, refusal.ContractStatusTransition},
	}, h.changeContractStatus)
	rest.Register(h.API, rest.Operation{
		ID: "changeContractOffer", Method: http.MethodPut, Path: "/api/v1/contracts/{contract_id}/offer", Tag: tag,
		Access:      rest.Writers,
		Summary:     "Change the offer of a contract",
		Description: "The new offer must have the service type of the contract's subscriber.",
		Success:     "The updated contract.",
		Refusals:    []refusal.Code{refusal.ContractNotFound, refusal.OfferNotFound, refusal.SubscriberOffer},
	}, h.changeContractOffer)
}

// ContractCreate is the body of a new contract.
type ContractCreate struct {
	ClientID          string                    `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	SubscriberID      string                    `json:"subscriber_id" example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36"`
	OfferID           string                    `json:"offer_id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
	ContractStartDate calendar.Date             `json:"contract_start_date" format:"date" example:"2026-11-22"`
	CommitmentMonths  *int32                    `json:"commitment_months,omitempty" nullable:"true" minimum:"1" maximum:"60" example:"12"`
	EndDate           *calendar.Date            `json:"end_date,omitempty" nullable:"true" format:"date"`
	Status            vocabulary.ContractStatus `json:"status,omitempty" enum:"draft,active,suspended,terminated" default:"draft"`
}

// ContractStatusUpdate is the body of a status change.
type ContractStatusUpdate struct {
	Status vocabulary.ContractStatus `json:"status" enum:"draft,active,suspended,terminated" example:"suspended"`
}

// ContractOfferUpdate is the body of a change of offer.
type ContractOfferUpdate struct {
	OfferID string `json:"offer_id" example:"01932b7d-3c9e-7ce5-84d6-7f1a2b0c5d83"`
}

func (h *handlers) createContract(ctx context.Context, input *struct{ Body ContractCreate }) (*ContractOutput, error) {
	body := input.Body
	return h.changeContract(ctx, func(tx pgx.Tx) (dbsqlc.Contract, error) {
		return contract.Create(ctx, tx, contract.CreateInput{
			ClientID: rest.ParseID(body.ClientID), SubscriberID: rest.ParseID(body.SubscriberID), OfferID: rest.ParseID(body.OfferID),
			StartDate: body.ContractStartDate, EndDate: body.EndDate, CommitmentMonths: body.CommitmentMonths, Status: body.Status,
		}, h.Act(ctx))
	})
}

func (h *handlers) changeContractStatus(ctx context.Context, input *struct {
	resource.ContractPath
	Body ContractStatusUpdate
},
) (*ContractOutput, error) {
	return h.changeContract(ctx, func(tx pgx.Tx) (dbsqlc.Contract, error) {
		return contract.ChangeStatus(ctx, tx, rest.ParseID(input.ContractID), input.Body.Status, h.Act(ctx))
	})
}

func (h *handlers) changeContractOffer(ctx context.Context, input *struct {
	resource.ContractPath
	Body ContractOfferUpdate
},
) (*ContractOutput, error) {
	return h.changeContract(ctx, func(tx pgx.Tx) (dbsqlc.Contract, error) {
		return contract.ChangeOffer(ctx, tx, rest.ParseID(input.ContractID), rest.ParseID(input.Body.OfferID), h.Act(ctx))
	})
}

// changeContract runs a change in one transaction and answers with the changed contract.
func (h *handlers) changeContract(ctx context.Context, change func(pgx.Tx) (dbsqlc.Contract, error)) (*ContractOutput, error) {
	var row dbsqlc.Contract
	err := db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) (err error) {
		row, err = change(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ContractOutput{Body: resource.NewContractRead(row)}, nil
}
