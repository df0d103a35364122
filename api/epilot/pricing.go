package epilot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

const (
	// periodOfSubscribers is how often subscribers are billed.
	periodOfSubscribers = "monthly"
	// recentChanges is how much of its history a contract's pricing information has.
	recentChanges = 10
)

// installmentsPerYear says how often a billing period comes.
var installmentsPerYear = map[string]int32{"weekly": 52, "monthly": 12, "every_quarter": 4, "every_6_months": 2, "yearly": 1}

func (h *handlers) ledgerPricingRoutes() {
	const tag = "Pricing Information"
	rest.Register(h.API, rest.Operation{
		ID: "getContractPricingInformation", Method: http.MethodGet, Path: billingContractsPath + "/{id}/pricing_information",
		Tag: tag, Access: rest.Readers,
		Limits:  h.limits,
		Summary: "Get the current price of a contract",
		Description: "The amount that is in force today with the offer that sets it (even if a later change is " +
			"scheduled), the balance, the billing frequency, and the latest changes of the amount.",
		Success:  "The contract's price.",
		Refusals: []refusal.Code{refusal.ContractNotFound},
	}, h.getContractPricing)
	rest.Register(h.API, rest.Operation{
		ID: "getBillingAccountPricingInformation", Method: http.MethodGet,
		Path: "/v1/billing/billing_accounts/{id}/pricing_information", Tag: tag, Access: rest.Readers,
		Limits:      h.limits,
		Summary:     "Get the current prices of a billing account's contracts",
		Description: "A billing account is a client: it has the client's id and the client's active contracts.",
		Success:     "The prices of the contracts.",
		Refusals:    []refusal.Code{refusal.ClientNotFound},
	}, h.getBillingAccountPricing)
	rest.Register(h.API, rest.Operation{
		ID: "getCustomerBalance", Method: http.MethodGet, Path: "/v1/billing/customers/{id}/balance", Tag: "Balance",
		Access:  rest.Readers,
		Limits:  h.limits,
		Summary: "Get the balance of a customer",
		Description: "Debits minus credits over all contracts of a client; a positive balance is owed by the customer. " +
			"Without manual events it equals the outstanding amount of the client's invoices. Amounts in other currencies " +
			"are not included.",
		Success:  "The balance.",
		Refusals: []refusal.Code{refusal.ClientNotFound},
	}, h.getCustomerBalance)
}

// BillingAccountPath names a client as billing account or customer.
type BillingAccountPath struct {
	ID string `path:"id" doc:"The client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}

// CustomerBalance is what a customer owes.
type CustomerBalance struct {
	Balance         int64  `json:"balance" doc:"In cents; a negative balance is owed to the customer." example:"8990"`
	BalanceDecimal  string `json:"balance_decimal" doc:"The balance with two decimals." example:"89.90"`
	BalanceCurrency string `json:"balance_currency" doc:"ISO 4217." example:"MAD"`
}

// InstallmentAmount is an amount of money.
type InstallmentAmount struct {
	Amount        int64  `json:"amount" doc:"In cents." example:"10050"`
	AmountDecimal string `json:"amount_decimal" doc:"The amount with two decimals." example:"100.50"`
	Currency      string `json:"currency" doc:"ISO 4217." example:"MAD"`
}

// PriceContext is the price behind an amount. Of a tariff that moves nothing is known here.
type PriceContext struct {
	PriceID              *string        `json:"price_id,omitempty" doc:"The offer."`
	PriceTitle           *string        `json:"price_title,omitempty" doc:"Name of the offer."`
	PricingModel         *string        `json:"pricing_model,omitempty" doc:"per_unit: a fixed fee per billing period."`
	UnitAmountGross      *string        `json:"unit_amount_gross_decimal,omitempty" doc:"With tax."`
	UnitAmountNet        *string        `json:"unit_amount_net_decimal,omitempty" doc:"Before tax."`
	BeforeDiscountGross  *string        `json:"before_discount_unit_amount_gross_decimal,omitempty" doc:"With tax, without the discount."`
	BeforeDiscountNet    *string        `json:"before_discount_unit_amount_net_decimal,omitempty" doc:"Before tax, without the discount."`
	UnitDiscount         *string        `json:"unit_discount_amount_decimal,omitempty" doc:"The discount with tax."`
	UnitDiscountNet      *string        `json:"unit_discount_amount_net_decimal,omitempty" doc:"The discount before tax."`
	Currency             *string        `json:"currency,omitempty" doc:"ISO 4217."`
	BillingPeriod        *string        `json:"billing_period,omitempty" doc:"Billing frequency of the fee."`
	Unit                 *string        `json:"unit,omitempty" doc:"The unit that is priced."`
	HasDiscount          *bool          `json:"has_discount,omitempty" doc:"Whether there is a discount."`
	IsDynamicTariff      *bool          `json:"is_dynamic_tariff,omitempty" doc:"Whether the price is dynamic."`
	DynamicTariffDetails *DynamicTariff `json:"dynamic_tariff,omitempty" doc:"How the dynamic price is determined."`
}

// DynamicTariff is how a price moves.
type DynamicTariff struct {
	Mode                *string `json:"mode,omitempty" doc:"Pricing mode."`
	Interval            *string `json:"interval,omitempty" doc:"Pricing interval."`
	AveragePrice        *string `json:"average_price_decimal,omitempty" doc:"Average price."`
	MarkupAmount        *string `json:"markup_amount_decimal,omitempty" doc:"The markup."`
	MarkupAmountNet     *string `json:"markup_amount_net_decimal,omitempty" doc:"The markup before tax."`
	MarkupAmountGross   *string `json:"markup_amount_gross_decimal,omitempty" doc:"The markup with tax."`
	MarketPrice         *string `json:"market_price_decimal,omitempty" doc:"Market price."`
	MarketPriceCurrency *string `json:"market_price_currency,omitempty" doc:"ISO 4217."`
	Market              *string `json:"market,omitempty" doc:"The market."`
	BiddingZone         *string `json:"bidding_zone,omitempty" doc:"Bidding zone."`
	Timestamp           *string `json:"timestamp,omitempty" doc:"Time of the market price."`
}

// ConfigurationContext is what prices an amount is made of.
type ConfigurationContext struct {
	BasePrice    *PriceContext `json:"base_price,omitempty" doc:"Price per billing period."`
	WorkingPrice *PriceContext `json:"working_price,omitempty" doc:"Price per unit of consumption; always absent here."`
}

// PricingSchedule is how often a contract is billed.
type PricingSchedule struct {
	BillingDueDay       *int32  `json:"billing_due_day,omitempty" minimum:"0" maximum:"31" doc:"Day of the month; 0 for none."`
	BillingPeriod       *string `json:"billing_period,omitempty" enum:"weekly,monthly,every_quarter,every_6_months,yearly" doc:"Billing frequency."`
	InstallmentsPerYear *int32  `json:"installments_per_year,omitempty" doc:"Number of installments per year."`
	Inferred            bool    `json:"inferred" doc:"True if the schedule is not stored on the contract."`
}

// ContractPricing is what a contract costs.
type ContractPricing struct {
	EntityType               string                `json:"entity_type" enum:"contract"`
	EntityID                 string                `json:"entity_id" doc:"The contract." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
	Title                    *string               `json:"title,omitempty" doc:"Display title of the contract." example:"Mobile 20GB"`
	CurrentInstallmentAmount *InstallmentAmount    `json:"current_installment_amount,omitempty" doc:"The amount in force today; absent if it is not known or the contract has not started."`
	Context                  *ConfigurationContext `json:"context,omitempty" doc:"The offer that sets the amount; absent if another amount was agreed."`
	Balance                  *InstallmentAmount    `json:"balance,omitempty" doc:"Outstanding amount of the contract."`
	Schedule                 *PricingSchedule      `json:"schedule,omitempty" doc:"Billing frequency."`
	PendingInstallmentChange *bool                 `json:"pending_installment_change,omitempty" doc:"Whether the latest change takes effect on a later day."`
	History                  []ConfigurationChange `json:"history" nullable:"false" doc:"The latest changes of the amount, newest first."`
}

// BillingAccountPricing is what the contracts of a billing account cost.
type BillingAccountPricing struct {
	EntityType string             `json:"entity_type" enum:"billing_account"`
	EntityID   string             `json:"entity_id" doc:"The client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	Title      *string            `json:"title,omitempty" doc:"The client's name." example:"Amina Alaoui"`
	Balance    *InstallmentAmount `json:"balance,omitempty" doc:"Outstanding amount over all contracts."`
	Contracts  []ContractPricing  `json:"contracts" nullable:"false" doc:"The active contracts, newest first."`
}

func (h *handlers) getCustomerBalance(ctx context.Context, input *BillingAccountPath) (*struct{ Body CustomerBalance }, error) {
	client, err := h.Queries.ClientGetByID(ctx, h.Pool, rest.ParseID(input.ID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ClientNotFound)
	}
	balance, err := ledger.BalanceOf(ctx, h.Pool, client.ID, ledger.Currency)
	if err != nil {
		return nil, err
	}
	return &struct{ Body CustomerBalance }{CustomerBalance{
		Balance: int64(balance.Amount), BalanceDecimal: balance.Amount.String(), BalanceCurrency: balance.Currency,
	}}, nil
}

func (h *handlers) getContractPricing(ctx context.Context, input *BillingContractPath) (*struct{ Body ContractPricing }, error) {
	found, err := ledger.GetContract(ctx, h.Pool, rest.ParseID(input.ID))
	if err != nil {
		return nil, err
	}
	pricing, err := h.loadPricing(ctx, []ledger.Contract{found})
	if err != nil {
		return nil, err
	}
	return &struct{ Body ContractPricing }{pricing[0]}, nil
}

func (h *handlers) getBillingAccountPricing(ctx context.Context, input *BillingAccountPath) (*struct{ Body BillingAccountPricing }, error) {
	client, contracts, err := h.billingAccount(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	pricing, err := h.loadPricing(ctx, contracts)
	if err != nil {
		return nil, err
	}
	balance, err := ledger.BalanceOf(ctx, h.Pool, client.ID, ledger.Currency)
	if err != nil {
		return nil, err
	}
	return &struct{ Body BillingAccountPricing }{BillingAccountPricing{
		EntityType: "billing_account", EntityID: client.ID.String(), Title: &client.FullName,
		Balance: new(newInstallmentAmount(balance.Amount, balance.Currency)), Contracts: pricing,
	}}, nil
}

// billingAccount returns a client with the active contracts.
func (h *handlers) billingAccount(ctx context.Context, id string) (dbsqlc.Client, []ledger.Contract, error) {
	client, err := h.Queries.ClientGetByID(ctx, h.Pool, rest.ParseID(id))
	if err != nil {
		return client, nil, rest.OrNotFound(err, refusal.ClientNotFound)
	}
	contracts, err := ledger.ActiveContracts(ctx, h.Pool, client.ID)
	return client, contracts, err
}

// loadPricing returns the prices of contracts, in the same order.
func (h *handlers) loadPricing(ctx context.Context, contracts []ledger.Contract) ([]ContractPricing, error) {
	ids, homes := rest.Convert(contracts, contractID), map[uuid.UUID]string{}
	for _, contract := range contracts {
		homes[contract.BillingProfile.ID] = contract.BillingProfile.Currency
	}
	balances, err := ledger.BalancesOf(ctx, h.Pool, homes)
	if err != nil {
		return nil, err
	}
	latest, err := h.Queries.ContractPriceChangeListLatest(ctx, h.Pool, dbsqlc.ContractPriceChangeListLatestParams{ContractIDS: ids, ForEach: recentChanges})
	if err != nil {
		return nil, err
	}
	changes := map[uuid.UUID][]dbsqlc.ContractPriceChange{}
	for _, change := range latest {
		changes[change.ContractID] = append(changes[change.ContractID], change)
	}
	pending, err := h.pendingChanges(ctx, changes)
	if err != nil {
		return nil, err
	}
	pricing := make([]ContractPricing, len(contracts))
	for i, id := range ids {
		if pricing[i], err = h.newContractPricing(contracts[i], balances[id], changes[id], pending[id]); err != nil {
			return nil, err
		}
	}
	return pricing, nil
}

// pendingChange says that the latest change of a contract is to come, and which one holds until then: nil before a contract begins.
type pendingChange struct{ inForce *dbsqlc.ContractPriceChange }

// pendingChanges finds the contracts whose latest change, the first of each, is to come.
func (h *handlers) pendingChanges(ctx context.Context, changes map[uuid.UUID][]dbsqlc.ContractPriceChange) (map[uuid.UUID]*pendingChange, error) {
	today, pending := h.Today(), map[uuid.UUID]*pendingChange{}
	for id, latest := range changes {
		if latest[0].EffectiveDate.After(today) {
			pending[id] = &pendingChange{}
		}
	}
	if len(pending) == 0 {
		return pending, nil
	}
	inForce, err := h.Queries.ContractPriceChangeListInForce(ctx, h.Pool, dbsqlc.ContractPriceChangeListInForceParams{
		ContractIDS: slices.Collect(maps.Keys(pending)), Day: today,
	})
	for _, change := range inForce {
		pending[change.ContractID].inForce = &change
	}
	return pending, err
}

func contractID(contract ledger.Contract) uuid.UUID { return contract.BillingProfile.ID }

func (h *handlers) newContractPricing(found ledger.Contract, balance ledger.Balance, changes []dbsqlc.ContractPriceChange, pending *pendingChange) (ContractPricing, error) {
	profile := found.BillingProfile
	var details BillingContractDetails
	if err := json.Unmarshal(profile.Details, &details); err != nil {
		return ContractPricing{}, fmt.Errorf("api: details of a contract: %w", err)
	}
	pricing := ContractPricing{
		EntityType: "contract", EntityID: profile.ID.String(), Title: new(displayTitle(found, details)),
		Balance: new(newInstallmentAmount(balance.Amount, balance.Currency)), Schedule: newPricingSchedule(found, details),
		PendingInstallmentChange: new(pending != nil), History: h.newConfigurationChanges(changes),
	}
	if pending != nil {
		if until := pending.inForce; until != nil {
			pricing.CurrentInstallmentAmount, pricing.Context = new(newInstallmentAmount(until.NewAmount, until.Currency)), newChangeContext(*until)
		}
		return pricing, nil
	}
	if amount := ledger.CurrentPrice(found); amount != nil {
		pricing.CurrentInstallmentAmount = new(newInstallmentAmount(*amount, profile.Currency))
	}
	if profile.InstallmentAmount == nil && found.OfferID != nil {
		pricing.Context = newOfferContext(*found.OfferID, *found.OfferName, *found.MonthlyFee, profile.Currency)
	}
	return pricing, nil
}

// newPricingSchedule is how often a contract is billed: as it was said, or as all subscribers are.
func newPricingSchedule(found ledger.Contract, details BillingContractDetails) *PricingSchedule {
	schedule := PricingSchedule{BillingDueDay: details.BillingDueDay, BillingPeriod: details.BillingPeriod}
	if schedule.BillingPeriod == nil {
		schedule.Inferred = true
		if found.BillingProfile.ContractID != nil {
			schedule.BillingPeriod = new(periodOfSubscribers)
		}
	}
	if schedule.BillingPeriod != nil {
		schedule.InstallmentsPerYear = new(installmentsPerYear[*schedule.BillingPeriod])
	}
	return &schedule
}

func newOfferContext(offerID uuid.UUID, name string, fee money.Amount, currency string) *ConfigurationContext {
	return &ConfigurationContext{BasePrice: &PriceContext{
		PriceID: new(offerID.String()), PriceTitle: &name, PricingModel: new("per_unit"), UnitAmountNet: new(fee.String()), Currency: &currency,
		BillingPeriod: new(periodOfSubscribers), HasDiscount: new(false), IsDynamicTariff: new(false),
	}}
}

func newInstallmentAmount(amount money.Amount, currency string) InstallmentAmount {
	return InstallmentAmount{Amount: int64(amount), AmountDecimal: amount.String(), Currency: currency}
}
