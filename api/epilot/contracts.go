package epilot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

const (
	tagBillingContracts  = "Billing Contracts"
	billingContractsPath = "/v1/billing/contracts"
)

func (h *handlers) ledgerContractRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "createContractEntity", Method: http.MethodPost, Path: billingContractsPath, Tag: tagBillingContracts,
		Access:  rest.Writers,
		Creates: true, Limits: h.limits,
		Summary: "Create a standalone contract",
		Description: "A standalone contract has no subscriber (for example a utility contract) and can carry billing " +
			"events. Subscribers' contracts are created by provisioning and are available here under their own ids.",
		Success:  "The new contract.",
		Refusals: []refusal.Code{refusal.ContractDateInvalid},
	}, h.createContractEntity)
	rest.Register(h.API, rest.Operation{
		ID: "updateContractEntity", Method: http.MethodPatch, Path: billingContractsPath + "/{id}", Tag: tagBillingContracts,
		Access:  rest.Writers,
		Limits:  h.limits,
		Summary: "Update the billing data of a contract",
		Description: "A new installment amount is recorded in the configuration history. For a subscriber's contract, " +
			"the status and the termination date come from the contract itself (`deactivated` means suspended), and the " +
			"start date only changes with the offer. A terminated contract keeps its end date.",
		Success:  "The updated contract.",
		Refusals: []refusal.Code{refusal.ContractNotFound, refusal.ContractDateInvalid, refusal.ContractCommitmentInvalid, refusal.ContractStatusTransition},
		Statuses: map[refusal.Code]int{refusal.ContractStatusTransition: http.StatusUnprocessableEntity},
	}, h.updateContractEntity)
	rest.Register(h.API, rest.Operation{
		ID: "deleteContractEntity", Method: http.MethodDelete, Path: billingContractsPath + "/{id}", Tag: tagBillingContracts,
		Access:  rest.Writers,
		Limits:  h.limits,
		Summary: "Delete a standalone contract",
		Description: "Refused for a subscriber's contract, and for a contract that has or ever had billing events, " +
			"including deleted ones.",
		Success:  "The contract was deleted.",
		Refusals: []refusal.Code{refusal.ContractNotFound, refusal.BillingContractInUse},
	}, h.deleteContractEntity)
}

// BillingContractPath names a contract.
type BillingContractPath struct {
	ID string `path:"id" doc:"The contract." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
}

// BillingContract is the billing data of a contract. Every field is optional.
type BillingContract struct {
	Status            *string        `json:"status,omitempty" enum:"draft,in_approval_process,approved,active,deactivated,revoked,terminated,expired" doc:"Defaults to draft for a new contract." example:"active"`
	StartDate         *calendar.Date `json:"start_date,omitempty" format:"date" doc:"The first day of the contract."`
	TerminationDate   *calendar.Date `json:"termination_date,omitempty" format:"date" doc:"The last day of the contract."`
	InstallmentAmount *int64         `json:"installment_amount,omitempty" minimum:"0" maximum:"999999999999" doc:"Price per billing period, in cents before tax." example:"8500"`
	Balance           *int64         `json:"balance,omitempty" doc:"Outstanding amount in cents; ignored in requests."`
	BalanceCurrency   *string        `json:"balance_currency,omitempty" pattern:"^[A-Z]{3}$" doc:"ISO 4217. Only set on creation; defaults to MAD."`
	BillingContractDetails
}

// BillingContractDetails are descriptive fields that no rule reads.
type BillingContractDetails struct {
	Title                 *string  `json:"_title,omitempty" maxLength:"500" doc:"Display title of the contract."`
	Tags                  []string `json:"_tags,omitzero" nullable:"false" maxItems:"100" maxLength:"200" doc:"Labels for grouping and filtering."`
	ContractName          *string  `json:"contract_name,omitempty" maxLength:"500" doc:"Name of the contract." example:"Stromvertrag Haushalt"`
	ContractNumber        *string  `json:"contract_number,omitempty" maxLength:"200" doc:"Human-readable contract number." example:"STR-2025-001234"`
	Description           *string  `json:"description,omitempty" maxLength:"4000" doc:"Short description of the terms."`
	AccountNumber         *string  `json:"account_number,omitempty" maxLength:"200" doc:"The customer's number."`
	Branch                *string  `json:"branch,omitempty" enum:"power,gas,water,waste_water,district_heating" doc:"The commodity of the contract."`
	BillingAddress        *string  `json:"billing_address,omitempty" maxLength:"1000" doc:"Address for invoices."`
	DeliveryAddress       *string  `json:"delivery_address,omitempty" maxLength:"1000" doc:"Address of the service."`
	AdditionalAddresses   *string  `json:"additional_addresses,omitempty" maxLength:"2000" doc:"Other addresses."`
	TerminationReason     *string  `json:"termination_reason,omitempty" maxLength:"1000" doc:"Reason for the termination."`
	BillingPeriod         *string  `json:"billing_period,omitempty" enum:"weekly,monthly,every_quarter,every_6_months,yearly" doc:"Billing frequency." example:"monthly"`
	BillingDurationAmount *float64 `json:"billing_duration_amount,omitempty" minimum:"0" doc:"Length of a billing period."`
	RenewalDurationAmount *float64 `json:"renewal_duration_amount,omitempty" minimum:"0" doc:"Length of an automatic renewal."`
	RenewalDurationUnit   *string  `json:"renewal_duration_unit,omitempty" enum:"weeks,months,years" doc:"Unit of the amount."`
	NoticeTimeAmount      *float64 `json:"notice_time_amount,omitempty" minimum:"0" doc:"Notice period before the end of the contract."`
	NoticeTimeUnit        *string  `json:"notice_time_unit,omitempty" enum:"weeks,months,years" doc:"Unit of the amount."`
	BillingDueDay         *int32   `json:"billing_due_day,omitempty" minimum:"0" maximum:"31" doc:"Day of the month on which installments are due; 0 for none."`
}

// BillingContractItem is a stored contract.
type BillingContractItem struct {
	ID        string         `json:"_id" doc:"The contract." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
	Schema    string         `json:"_schema" example:"contract"`
	Org       string         `json:"_org" doc:"The operator." example:"MTF"`
	CreatedAt rest.Timestamp `json:"_created_at"`
	UpdatedAt rest.Timestamp `json:"_updated_at"`
	Title     string         `json:"_title" doc:"Display title of the contract." example:"Stromvertrag Haushalt"`
	BillingContract
}

// BillingContractOutput answers one contract.
type BillingContractOutput struct{ Body BillingContractItem }

// billingStatuses maps the statuses of subscribers' contracts to those of this API.
var billingStatuses = map[contract.Status]string{
	contract.StatusDraft: "draft", contract.StatusActive: "active", contract.StatusSuspended: "deactivated", contract.StatusTerminated: "terminated",
}

func (h *handlers) createContractEntity(ctx context.Context, input *struct{ Body BillingContract }) (*BillingContractOutput, error) {
	profile := ledger.Profile{Status: new("draft"), Currency: ledger.Currency}
	body := input.Body
	if body.BillingPeriod == nil {
		body.BillingPeriod = new("weekly")
	}
	if err := body.mergeInto(&profile); err != nil {
		return nil, err
	}
	return h.writeContract(ctx, func(tx pgx.Tx) (uuid.UUID, error) {
		return ledger.CreateContract(ctx, tx, profile, h.Act(ctx))
	})
}

func (h *handlers) updateContractEntity(ctx context.Context, input *struct {
	BillingContractPath
	Body BillingContract
},
) (*BillingContractOutput, error) {
	id := rest.ParseID(input.ID)
	return h.writeContract(ctx, func(tx pgx.Tx) (uuid.UUID, error) {
		found, err := ledger.GetContract(ctx, tx, id)
		if err != nil {
			return id, err
		}
		body := input.Body
		if found.BillingProfile.ContractID != nil {
			// Fields of the subscriber's contract are written there. It is locked before the profile, as everywhere.
			if err := h.changeSubscribed(ctx, tx, found, &body); err != nil {
				return id, err
			}
		}
		locked, err := ledger.LockContract(ctx, tx, id)
		if err != nil {
			return id, err
		}
		profile := ledger.Profile{
			Status: locked.BillingProfile.Status, StartDate: locked.BillingProfile.StartDate, TerminationDate: locked.BillingProfile.TerminationDate,
			InstallmentAmount: locked.BillingProfile.InstallmentAmount, Currency: locked.BillingProfile.Currency, Details: locked.BillingProfile.Details,
		}
		if err := body.mergeInto(&profile); err != nil {
			return id, err
		}
		return id, ledger.ChangeContract(ctx, tx, locked, profile, h.Act(ctx))
	})
}

// changeSubscribed writes the fields that a subscriber's contract stores itself, and removes them from
// the body.
func (h *handlers) changeSubscribed(ctx context.Context, tx pgx.Tx, found ledger.Contract, body *BillingContract) error {
	var validator rest.Validator
	if body.StartDate != nil && *body.StartDate != *found.ContractStartDate {
		validator.Fail("start_date", "The start date of a subscriber's contract only changes with its offer")
	}
	if body.BalanceCurrency != nil && *body.BalanceCurrency != found.BillingProfile.Currency {
		validator.Fail("balance_currency", "A subscriber's contract is billed in "+found.BillingProfile.Currency)
	}
	var status contract.Status
	for own, word := range billingStatuses {
		if body.Status != nil && *body.Status == word {
			status = own
		}
	}
	if body.Status != nil && status == "" {
		validator.Fail("status", fmt.Sprintf("The status of a subscriber's contract cannot be %s", *body.Status))
	}
	if err := validator.Err(); err != nil {
		return err
	}
	id := found.BillingProfile.ID
	if body.TerminationDate != nil {
		if _, err := contract.ChangeEndDate(ctx, tx, id, *body.TerminationDate, h.Act(ctx)); err != nil {
			return err
		}
	}
	if body.Status != nil {
		if _, err := contract.ChangeStatus(ctx, tx, id, status, h.Act(ctx)); err != nil {
			return err
		}
	}
	body.Status, body.StartDate, body.TerminationDate = nil, nil, nil
	return nil
}

func (h *handlers) deleteContractEntity(ctx context.Context, input *BillingContractPath) (*struct{}, error) {
	return nil, db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error { return ledger.DeleteContract(ctx, tx, rest.ParseID(input.ID)) })
}

// mergeInto merges the fields sent into a profile.
func (c *BillingContract) mergeInto(profile *ledger.Profile) error {
	setIfPresent(&profile.Status, c.Status)
	setIfPresent(&profile.StartDate, c.StartDate)
	setIfPresent(&profile.TerminationDate, c.TerminationDate)
	if c.InstallmentAmount != nil {
		profile.InstallmentAmount = new(money.Amount(*c.InstallmentAmount))
	}
	if c.BalanceCurrency != nil {
		profile.Currency = *c.BalanceCurrency
	}
	return mergeDetails(&c.BillingContractDetails, &profile.Details)
}

// mergeDetails merges the fields sent into the stored details, if any. A list or an object replaces
// the stored one.
func mergeDetails(sent any, stored *json.RawMessage) error {
	merged := map[string]json.RawMessage{}
	if len(*stored) > 0 {
		if err := json.Unmarshal(*stored, &merged); err != nil {
			return fmt.Errorf("api: stored details: %w", err)
		}
	}
	text, err := json.Marshal(sent)
	if err != nil {
		return fmt.Errorf("api: encode details: %w", err)
	}
	if err := json.Unmarshal(text, &merged); err != nil {
		return fmt.Errorf("api: merge details: %w", err)
	}
	*stored, err = json.Marshal(merged)
	return err
}

// setIfPresent writes a value unless it is nil.
func setIfPresent[T any](target **T, sent *T) {
	if sent != nil {
		*target = sent
	}
}

// writeContract runs write in a transaction and answers with the resulting contract.
func (h *handlers) writeContract(ctx context.Context, write func(pgx.Tx) (uuid.UUID, error)) (*BillingContractOutput, error) {
	answer := &BillingContractOutput{}
	err := db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error {
		id, err := write(tx)
		if err != nil {
			return err
		}
		found, err := ledger.GetContract(ctx, tx, id)
		if err != nil {
			return err
		}
		answer.Body, err = h.loadBillingContract(ctx, tx, found)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func (h *handlers) loadBillingContract(ctx context.Context, tx dbsqlc.DBTX, found ledger.Contract) (BillingContractItem, error) {
	profile := found.BillingProfile
	balance, err := ledger.BalanceOf(ctx, tx, profile.ID, profile.Currency)
	if err != nil {
		return BillingContractItem{}, err
	}
	item := BillingContractItem{
		ID: profile.ID.String(), Schema: "contract", Org: h.Organisation, CreatedAt: rest.Timestamp(profile.CreatedAt), UpdatedAt: rest.Timestamp(profile.UpdatedAt),
		BillingContract: BillingContract{
			Status: profile.Status, StartDate: profile.StartDate, TerminationDate: profile.TerminationDate, InstallmentAmount: (*int64)(ledger.CurrentPrice(found)),
			Balance: new(int64(balance.Amount)), BalanceCurrency: &balance.Currency,
		},
	}
	if err := json.Unmarshal(profile.Details, &item.BillingContractDetails); err != nil {
		return item, fmt.Errorf("api: details of a contract: %w", err)
	}
	if profile.ContractID != nil {
		item.Status, item.StartDate, item.TerminationDate = new(billingStatuses[found.ContractStatus]), found.ContractStartDate, found.ContractEndDate
		if found.ContractUpdatedAt.After(profile.UpdatedAt) {
			item.UpdatedAt = rest.Timestamp(*found.ContractUpdatedAt)
		}
		setDefault(&item.ContractName, found.OfferName)
		setDefault(&item.BillingPeriod, new(periodOfSubscribers))
	}
	item.Title = displayTitle(found, item.BillingContractDetails)
	return item, nil
}

// setDefault sets a field that is nil.
func setDefault(field **string, value *string) {
	if *field == nil {
		*field = value
	}
}

// displayTitle returns the display title of a contract.
func displayTitle(found ledger.Contract, details BillingContractDetails) string {
	for _, text := range []*string{details.Title, details.ContractName, details.ContractNumber, found.OfferName} {
		if text != nil && *text != "" {
			return *text
		}
	}
	return found.BillingProfile.ID.String()
}
