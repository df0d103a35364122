package release_test

import (
	"fmt"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

type object = map[string]any

// population is what the recorder uses of the rows that it created.
type population struct {
	// contract is an active contract.
	contract string
	// dunned is a client whose invoice stays unpaid.
	dunned string
	// invoices are the invoices of September for other clients.
	invoices []object
}

// post sends a body, which must be accepted, and returns the answer.
func (r recorder) post(path string, body any, headers ...system.Header) object {
	r.Helper()
	var answer object
	r.Post(r, path, body, &answer, headers...)
	return answer
}

// send sends a request that must succeed.
func (r recorder) send(method, path string, body any, headers ...system.Header) {
	r.Helper()
	answer := r.Call(r, method, path, body, headers...)
	require.Less(r, answer.Status, http.StatusBadRequest, "%s %s: %s", method, path, answer.Body)
}

func (r recorder) offer(name string, fields object) string {
	r.Helper()
	body := object{"name": name, "monthly_fee": "199.00", "activation_fee": "50.50", "valid_from": "2026-01-01"}
	for field, value := range fields {
		body[field] = value
	}
	return r.post("/api/v1/offers", body)["id"].(string)
}

func (r recorder) contract(key, client, offer string) string {
	r.Helper()
	answer := r.post("/api/v1/contracts/provision", object{
		"client_id": client, "offer_id": offer, "provisioning_intent": "new_line", "contract_start_date": "2026-08-10",
	}, system.Key(key))
	return answer["contract"].(object)["id"].(string)
}

// populate creates offers, clients, and contracts in every state.
func (r recorder) populate() population {
	r.Helper()
	mobile := r.offer("Mobile 20", object{"service_category": "mobile", "mobile_data_gb": 20})
	larger := r.offer("Mobile 50", object{"service_category": "mobile", "mobile_data_gb": 50, "monthly_fee": "299.00"})
	fiber := r.offer("Fibre 100", object{"service_category": "internet", "internet_access_type": "fiber", "internet_fiber_speed_mbps": 100})
	r.offer("Mobile 5", object{"service_category": "mobile", "mobile_data_gb": 5, "status": "retired"})

	var p population
	for i, name := range []string{"Amina Essai", "Karim Essai", "Leïla Essai", "Omar Essai", "Salma Essai", "Youssef Essai"} {
		id := r.post("/api/v1/customers", object{
			"client_type": "individual", "full_name": name, "cin": fmt.Sprintf("EA%06d", i+1), "email": fmt.Sprintf("essai-%d@example.ma", i+1),
		})["id"].(string)
		contract := r.contract(fmt.Sprintf("release-contract-%d", i), id, mobile)
		if i == 0 {
			p.dunned, p.contract = id, contract
		}
	}
	business := r.post("/api/v1/customers", object{
		"client_type": "business", "full_name": "Atelier d'essai SARL", "cin": "EA100001", "email": "atelier@example.ma",
		"address": "Rue d'essai, Fès",
	})["id"].(string)
	r.contract("release-contract-fibre", business, fiber)
	upgraded := r.contract("release-contract-upgraded", business, mobile)
	r.send(http.MethodPut, "/api/v1/contracts/"+upgraded+"/offer", object{"offer_id": larger})
	for _, status := range []string{"suspended", "terminated"} {
		contract := r.contract("release-contract-"+status, business, mobile)
		r.send(http.MethodPut, "/api/v1/contracts/"+contract+"/status", object{"status": status})
	}
	r.send(http.MethodPost, "/api/v1/customers/"+business+"/subscribers", object{"service_type": "tv", "service_identifier": "ESSAI-TV-1"})
	r.land(mobile, larger)
	return p
}

// land subscribes a client over the landing page, changes the plan, and links a signed document.
func (r recorder) land(offer, target string) {
	r.Helper()
	landed := r.post("/api/v1/landing/submit/new", object{
		"service_category": "mobile", "offer_id": offer, "cin": "EA200001", "full_name": "Nadia Essai", "contract_start_date": "2026-08-20",
		"mobile_number_mode": "assign_new", "commitment_months": 12,
	}, system.Key("release-subscribe"), system.Anonymous)
	contract := landed["contract"].(object)["id"].(string)
	r.post("/api/v1/landing/submit/plan-change", object{
		"cin": "EA200001", "source_contract_id": contract, "target_offer_id": target, "contract_start_date": "2026-09-01",
	}, system.Key("release-change"), system.Anonymous)
	r.send(http.MethodPost, "/v2/orgs/mtf/subscriptions/"+contract+"/contracts", object{
		"id": "0a6f5d2e-8c8e-4d55-9f0a-3c2b8f6f1a01", "documents_contract_id": "DOC-1", "documents_owner_id": "CUSTOMER-1",
		"creation_date": "2026-09-01T10:15:00.000000Z", "creation_user": "agent-12", "creation_system": "signature-desk",
	})
}

// billSeptember bills September and keeps the invoices.
func (r recorder) billSeptember(p *population) {
	r.Helper()
	terms := object{"period_start": "2026-09-01", "period_end": "2026-09-30", "due_days": 15, "tax_rate": "0.20"}
	r.post("/api/v1/billing/runs", terms, system.Key("release-september"))
	// The days are billed, so a second run leaves them out.
	r.post("/api/v1/billing/runs", terms, system.Key("release-september-again"))
	r.AwaitCollections(r)
	var page struct{ Data []object }
	r.Get(r, "/api/v1/invoices?size=100", &page)
	for _, invoice := range page.Data {
		if invoice["client_id"] != p.dunned {
			p.invoices = append(p.invoices, invoice)
		}
	}
}
