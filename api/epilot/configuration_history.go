package epilot

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) ledgerConfigurationRoutes() {
	const tag = "Configuration History"
	rest.Register(h.API, rest.Operation{
		ID: "getContractConfigurationHistory", Method: http.MethodGet,
		Path: billingContractsPath + "/{id}/configuration_history", Tag: tag, Access: rest.Readers,
		Limits:  h.limits,
		Summary: "List the price changes of a contract, newest first",
		Description: "One row per change: the contract was provisioned, upgraded, or moved to another offer, its " +
			"installment amount was set, or the fee of its offer changed. `total` counts all rows.",
		Success:  "A page of the history.",
		Refusals: []refusal.Code{refusal.ContractNotFound},
	}, h.getContractHistory)
	rest.Register(h.API, rest.Operation{
		ID: "getBillingAccountConfigurationHistory", Method: http.MethodGet,
		Path: "/v1/billing/billing_accounts/{id}/configuration_history", Tag: tag, Access: rest.Readers,
		Limits:      h.limits,
		Summary:     "List the price changes of a billing account's contracts, newest first",
		Description: "The merged histories of the client's active contracts.",
		Success:     "A page of the history.",
		Refusals:    []refusal.Code{refusal.ClientNotFound},
	}, h.getBillingAccountHistory)
}

// ConfigurationHistoryPage is what a history takes.
type ConfigurationHistoryPage struct {
	ChangeType string `query:"change_type" enum:"installment_amount_changed" default:"installment_amount_changed" doc:"The type of change." example:"installment_amount_changed"`
	From       int32  `query:"from" minimum:"0" default:"0" doc:"Number of rows to skip." example:"0"`
	Size       int32  `query:"size" minimum:"1" maximum:"100" default:"25" doc:"Maximum number of rows to return." example:"25"`
}

// ConfigurationChange is one change of what a contract costs.
type ConfigurationChange struct {
	EventID         string                `json:"event_id" doc:"The change." example:"01932d61-5b70-7a1d-8c3e-0f9b2d4a6e81"`
	OrgID           string                `json:"org_id" doc:"The operator." example:"MTF"`
	EntityType      string                `json:"entity_type" enum:"contract,billing_account" doc:"The type of the changed entity."`
	EntityID        string                `json:"entity_id" doc:"The contract." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
	ChangeType      string                `json:"change_type" enum:"installment_amount_changed" doc:"The type of change."`
	SchemaVersion   int32                 `json:"schema_version" doc:"Version of the row's schema." example:"1"`
	EffectiveAt     *rest.Timestamp       `json:"effective_at,omitempty" doc:"When the change takes effect: midnight in the operator's time zone." example:"2026-11-01T23:00:00.000000Z"`
	ChangedAt       rest.Timestamp        `json:"changed_at" doc:"When the change was made."`
	CreatedAt       rest.Timestamp        `json:"created_at" doc:"When the change was recorded."`
	Source          string                `json:"source" enum:"portal,epilot,erp,system,api,external,journey,automation,unknown" doc:"portal: the landing page; api: an operator or a program; system: before the ledger was kept." example:"api"`
	SourceLabel     *string               `json:"source_label,omitempty" doc:"provisioned, upgraded, offer_changed, price_changed or installment_set." example:"offer_changed"`
	SourceSystem    *string               `json:"source_system,omitempty" doc:"The system in which the change was made."`
	SourceReference *string               `json:"source_reference,omitempty" doc:"The offer whose fee is the new amount."`
	PreviousValue   *PreviousAmount       `json:"previous_value" doc:"null if there was no previous amount."`
	NewValue        InstallmentAmount     `json:"new_value" doc:"The amount from effective_at on."`
	Context         *ConfigurationContext `json:"context,omitempty" doc:"The offer behind the new amount."`
}

// PreviousAmount is an amount that was, or null.
type PreviousAmount InstallmentAmount

// Schema returns the schema of the amount, which may be null.
func (PreviousAmount) Schema(registry huma.Registry) *huma.Schema {
	schema := *huma.SchemaFromType(registry, reflect.TypeFor[InstallmentAmount]())
	schema.Nullable = true
	return &schema
}

// ConfigurationHistory is a page of a history.
type ConfigurationHistory struct {
	History []ConfigurationChange `json:"history" nullable:"false"`
	Total   int64                 `json:"total" doc:"Number of rows." example:"3"`
}

// ConfigurationHistoryOutput answers a page of a history.
type ConfigurationHistoryOutput struct{ Body ConfigurationHistory }

func (h *handlers) getContractHistory(ctx context.Context, input *struct {
	BillingContractPath
	ConfigurationHistoryPage
},
) (*ConfigurationHistoryOutput, error) {
	found, err := ledger.GetContract(ctx, h.Pool, rest.ParseID(input.ID))
	if err != nil {
		return nil, err
	}
	return h.answerHistory(ctx, []uuid.UUID{found.BillingProfile.ID}, input.ConfigurationHistoryPage)
}

func (h *handlers) getBillingAccountHistory(ctx context.Context, input *struct {
	BillingAccountPath
	ConfigurationHistoryPage
},
) (*ConfigurationHistoryOutput, error) {
	_, contracts, err := h.billingAccount(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	return h.answerHistory(ctx, rest.Convert(contracts, contractID), input.ConfigurationHistoryPage)
}

func (h *handlers) answerHistory(ctx context.Context, contractIDs []uuid.UUID, page ConfigurationHistoryPage) (*ConfigurationHistoryOutput, error) {
	changes, err := h.Queries.ContractPriceChangeList(ctx, h.Pool, dbsqlc.ContractPriceChangeListParams{
		ContractIDS: contractIDs, PageSize: page.Size, PageOffset: page.From,
	})
	if err != nil {
		return nil, err
	}
	total, err := h.Queries.ContractPriceChangeCount(ctx, h.Pool, contractIDs)
	if err != nil {
		return nil, err
	}
	return &ConfigurationHistoryOutput{Body: ConfigurationHistory{History: h.newConfigurationChanges(changes), Total: total}}, nil
}

func (h *handlers) newConfigurationChanges(changes []dbsqlc.ContractPriceChange) []ConfigurationChange {
	rows := make([]ConfigurationChange, len(changes))
	for i, change := range changes {
		rows[i] = ConfigurationChange{
			EventID: change.ID.String(), OrgID: h.Organisation, EntityType: "contract", EntityID: change.ContractID.String(),
			ChangeType: "installment_amount_changed", SchemaVersion: 1, EffectiveAt: new(rest.Timestamp(h.Zone.At(change.EffectiveDate, 0))),
			ChangedAt: rest.Timestamp(change.ChangedAt), CreatedAt: rest.Timestamp(change.ChangedAt), Source: string(change.Source), SourceLabel: new(string(change.Reason)),
			NewValue: newInstallmentAmount(change.NewAmount, change.Currency),
		}
		if change.PreviousAmount != nil {
			rows[i].PreviousValue = new(PreviousAmount(newInstallmentAmount(*change.PreviousAmount, change.Currency)))
		}
		rows[i].Context = newChangeContext(change)
		if change.OfferID != nil {
			rows[i].SourceReference = new(change.OfferID.String())
		}
	}
	return rows
}

// newChangeContext is the offer whose fee the new amount is, if it is one.
func newChangeContext(change dbsqlc.ContractPriceChange) *ConfigurationContext {
	if change.OfferID == nil {
		return nil
	}
	return newOfferContext(*change.OfferID, *change.OfferName, change.NewAmount, change.Currency)
}
