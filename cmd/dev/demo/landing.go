package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

const contractFile = "demo-contract.pdf"

type offerSummary struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	ServiceCategory string `json:"service_category"`
	ServiceType     string `json:"service_type"`
	MonthlyFee      string `json:"monthly_fee"`
}

type contract struct {
	ID       string `json:"id"`
	ClientID string `json:"client_id"`
	OfferID  string `json:"offer_id"`
	Status   string `json:"status"`
	EndDate  string `json:"end_date"`
}

type submitted struct {
	Contract            contract `json:"contract"`
	ClientCIN           string   `json:"client_cin"`
	ServiceIdentifier   string   `json:"service_identifier"`
	CreatedClient       bool     `json:"created_client"`
	ProvisioningMode    string   `json:"provisioning_mode"`
	IdempotencyReplayed bool     `json:"idempotency_replayed"`
	DocumentDownloadURL string   `json:"document_download_url"`
}

// bootstrap loads what the landing page shows.
func (w *walk) bootstrap(ctx context.Context) (string, error) {
	var page struct {
		FlowOptions     []string `json:"flow_options"`
		OfferCategories []struct {
			ServiceCategory string         `json:"service_category"`
			Offers          []offerSummary `json:"offers"`
		} `json:"offer_categories"`
	}
	if _, err := w.visitor.Do(ctx, http.MethodGet, "/api/v1/landing/bootstrap", nil, &page); err != nil {
		return "", err
	}
	w.offers = map[string][]offerSummary{}
	count := 0
	for _, category := range page.OfferCategories {
		w.offers[category.ServiceCategory] = category.Offers
		count += len(category.Offers)
	}
	if len(page.FlowOptions) != 3 || len(w.offers["mobile"]) < 2 || len(w.offers["internet"]) == 0 || len(w.offers["landline"]) == 0 {
		return "", fmt.Errorf("expected three flows and offers of each category, got %d flows and %d offers", len(page.FlowOptions), count)
	}
	return fmt.Sprintf("%d offers on sale", count), nil
}

func (w *walk) subscriptionKey() string { return "demo-subscription-" + w.Attempt }

var mobileNumber = regexp.MustCompile(`^\+212[67]\d{8}$`)

// subscribe sends a new subscription, and sends it again as a nervous client would.
func (w *walk) subscribe(ctx context.Context) (string, error) {
	offer := w.offers["mobile"][0]
	body := map[string]any{
		"service_category": "mobile", "offer_id": offer.ID, "cin": "demo" + w.Attempt, "full_name": "Leïla Amrani",
		"email": "leila.amrani@courriel.example", "address": "7, rue de la Liberté, Fès", "contact_phone": "0661 00 00 01",
		"contract_start_date": w.Today, "commitment_months": 12, "mobile_number_mode": "assign_new",
	}
	var again submitted
	for _, answer := range []*submitted{&w.subscription, &again} {
		_, err := w.visitor.Do(ctx, http.MethodPost, "/api/v1/landing/submit/new", body, answer, "Idempotency-Key", w.subscriptionKey())
		if err != nil {
			return "", err
		}
	}
	first := w.subscription
	switch {
	case !first.CreatedClient || first.ProvisioningMode != "new_contract" || first.Contract.Status != "active":
		return "", fmt.Errorf("expected a new client with an active contract, got %+v", first)
	case !mobileNumber.MatchString(first.ServiceIdentifier):
		return "", fmt.Errorf("%q is not a Moroccan mobile number", first.ServiceIdentifier)
	case first.IdempotencyReplayed || !again.IdempotencyReplayed || again.Contract.ID != first.Contract.ID:
		return "", errors.New("the same key did not get the same answer")
	}
	return fmt.Sprintf("%s on %s, sent twice: one contract", offer.Name, first.ServiceIdentifier), nil
}

// saveContract downloads the contract with the link of the answer.
func (w *walk) saveContract(ctx context.Context) (string, error) {
	answer, err := w.visitor.Do(ctx, http.MethodGet, w.subscription.DocumentDownloadURL, nil, nil)
	if err != nil {
		return "", err
	}
	return w.save(contractFile, answer.Body)
}

// changePlan puts the contract of a client who is there already on another offer.
func (w *walk) changePlan(ctx context.Context) (string, error) {
	source, cin, err := w.changeable(ctx)
	if err != nil {
		return "", err
	}
	target := w.offers["mobile"][0]
	if target.ID == source.OfferID {
		target = w.offers["mobile"][1]
	}
	var changed submitted
	_, err = w.visitor.Do(ctx, http.MethodPost, "/api/v1/landing/submit/plan-change", map[string]any{
		"cin": cin, "source_contract_id": source.ID, "target_offer_id": target.ID, "contract_start_date": w.Today,
	}, &changed, "Idempotency-Key", "demo-plan-change-"+w.Attempt)
	if err != nil {
		return "", err
	}
	if changed.ProvisioningMode != "upgrade_existing_contract" || changed.Contract.ID != source.ID || changed.Contract.OfferID != target.ID {
		return "", fmt.Errorf("expected contract %s on offer %s, got %+v", source.ID, target.ID, changed)
	}
	return fmt.Sprintf("contract %s is now on %s", source.ID, target.Name), nil
}

// changeable finds an open-ended active mobile contract of another client with a CIN.
func (w *walk) changeable(ctx context.Context) (contract, string, error) {
	onSale := map[string]bool{}
	for _, offer := range w.offers["mobile"] {
		onSale[offer.ID] = true
	}
	var page struct {
		Data []contract `json:"data"`
	}
	if _, err := w.operator.Do(ctx, http.MethodGet, "/api/v1/contracts?size=100", nil, &page); err != nil {
		return contract{}, "", err
	}
	for _, candidate := range page.Data {
		if candidate.Status != "active" || candidate.EndDate != "" || !onSale[candidate.OfferID] ||
			candidate.ClientID == w.subscription.Contract.ClientID {
			continue
		}
		var client struct {
			CIN string `json:"cin"`
		}
		if _, err := w.operator.Do(ctx, http.MethodGet, "/api/v1/customers/"+candidate.ClientID, nil, &client); err != nil {
			return contract{}, "", err
		}
		if client.CIN != "" {
			return candidate, client.CIN, nil
		}
	}
	return contract{}, "", errors.New("no contract to change among the newest hundred")
}
