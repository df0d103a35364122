package api_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/internal/token"
)

// signer signs with the secret of local and test environments.
func signer(t testing.TB) *token.Signer {
	t.Helper()
	signer, err := token.NewSigner("local-and-test-only-token-secret")
	require.NoError(t, err)
	return signer
}

func documentPath(contractID string) string {
	return "/api/v1/landing/contracts/" + contractID + "/document"
}

// loseDocuments deletes all files that documents are kept in and returns how many there were.
func loseDocuments(t testing.TB, s *system.System) int {
	t.Helper()
	lost := 0
	require.NoError(t, filepath.WalkDir(s.Config.DocumentsDirectory, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			lost++
			return os.Remove(path)
		}
		return err
	}))
	return lost
}

// pdf downloads a document that must be there.
func pdf(t testing.TB, s *system.System, path string, headers ...system.Header) system.Response {
	t.Helper()
	answer := s.Call(t, http.MethodGet, path, nil, headers...)
	require.Equal(t, http.StatusOK, answer.Status, "%s: %.300s", path, answer.Body)
	require.Equal(t, "application/pdf", answer.Header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(string(answer.Body), "%PDF-1.4"), "%s: %.20q", path, answer.Body)
	return answer
}

func TestLandingDocument_FileName(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	answer := submit(t, s, newMobile(newOffer(t, s, mobileOffer())))
	url, contract := text(t, answer, "document_download_url"), text(t, answer, "contract", "id")
	require.True(t, strings.HasPrefix(url, documentPath(contract)+"?token="), url)
	file := pdf(t, s, url, system.Anonymous)
	require.Contains(t, file.Header.Get("Content-Disposition"), "contract-"+contract+".pdf")
	sum := at(t, detailsOf(t, contractAudit(t, s, contract)[2]["details"]), "sha256")
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM documents WHERE encode(sha256, 'hex') = $1 AND size_bytes = $2", sum, len(file.Body)))

	require.Equal(t, 1, loseDocuments(t, s))
	require.Equal(t, file.Body, pdf(t, s, url, system.Anonymous).Body, "a lost document is made again byte for byte")
	require.Equal(t, 1, loseDocuments(t, s), "the document that was made again is kept")
}

func TestLandingDocument_LinkCreatesMissingDocument(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, cin := newClient(t, s)
	contract := newContract(t, s, client, newOffer(t, s, mobileOffer()))
	path := "/api/v1/landing/contracts/" + contract + "/document-link"
	for range 2 {
		link := created(t, s, path, object{"cin": " " + strings.ToLower(cin)}, system.Anonymous)
		require.Equal(t, fieldsOf("contract_id, document_download_url"), names(link))
		require.Equal(t, contract, link["contract_id"])
		pdf(t, s, text(t, link, "document_download_url"), system.Anonymous)
	}
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM documents"), "the second link is to the same document")
	events := contractAudit(t, s, contract)
	require.Equal(t, "contract_document_issued", events[len(events)-1]["event_type"])
	require.Len(t, events, 2)
}

func TestLandingDocument_ConcurrentLinks(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, cin := newClient(t, s)
	contract := newContract(t, s, client, newOffer(t, s, mobileOffer()))
	for _, answer := range concurrently(t, 16, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, "/api/v1/landing/contracts/"+contract+"/document-link", object{"cin": cin})
	}) {
		pdf(t, s, text(t, decoded(t, answer, http.StatusOK), "document_download_url"))
	}
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM documents"))
}

func TestLandingDocument_LinkRefusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, mobileOffer())
	client, _ := newClient(t, s)
	_, other := newClient(t, s)
	contract := newContract(t, s, client, offer)
	nameless := text(t, created(t, s, customersPath, object{"client_type": "individual", "full_name": "No CIN"}), "id")
	withoutCIN := newContract(t, s, nameless, offer)
	for _, test := range []struct {
		contract string
		body     object
		status   int
		code     string
	}{
		{unknownID, object{"cin": other}, 404, "contract_not_found"},
		{"x", object{"cin": other}, 404, "contract_not_found"},
		{contract, object{"cin": other}, 403, "landing_contract_client_mismatch"},
		{contract, object{"cin": "NOBODY1"}, 403, "landing_contract_client_mismatch"},
		{withoutCIN, object{"cin": other}, 409, "client_cin_missing"},
		{contract, object{}, 422, "validation_error"},
		{contract, object{"cin": "ab"}, 422, "validation_error"},
	} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, "/api/v1/landing/contracts/"+test.contract+"/document-link", test.body, system.Anonymous)
		}).Refused(t, test.status, test.code)
	}
}

func TestLandingDocument_TokenOpensOneDocument(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, mobileOffer())
	mine, theirs := submit(t, s, newMobile(offer)), submit(t, s, newMobile(offer))
	contract, cin := text(t, mine, "contract", "id"), text(t, mine, "client_cin")
	other, otherCIN := text(t, theirs, "contract", "id"), text(t, theirs, "client_cin")
	id, later, signs := uuid.MustParse(contract), system.Today.Add(token.DocumentLifetime), signer(t)
	client, bareCIN := newClient(t, s)
	bare := newContract(t, s, client, offer)
	_, good, _ := strings.Cut(text(t, mine, "document_download_url"), "?token=")
	head, tail, _ := strings.Cut(good, ".")
	lookup, _ := signs.Lookup(cin, system.Today)
	forged, err := token.NewSigner("some other secret of some length")
	require.NoError(t, err)
	for _, test := range []struct {
		name, contract, token string
		status                int
		code                  string
	}{
		{"another contract's token", contract, signs.ContractDocument(otherCIN, uuid.MustParse(other), later), 403, "landing_document_token_mismatch"},
		{"another CIN's token", contract, signs.ContractDocument(otherCIN, id, later), 403, "landing_document_token_mismatch"},
		{"token of another path", other, good, 403, "landing_document_token_mismatch"},
		{"unknown contract", unknownID, signs.ContractDocument(cin, uuid.MustParse(unknownID), later), 404, "contract_document_not_found"},
		{"contract without a document", bare, signs.ContractDocument(bareCIN, uuid.MustParse(bare), later), 404, "contract_document_not_found"},
		{"invoice token", contract, signs.InvoiceDocument(cin, id, later), 401, "landing_token_invalid"},
		{"lookup token", contract, lookup, 401, "landing_token_invalid"},
		{"expired", contract, signs.ContractDocument(cin, id, system.Today), 401, "landing_token_expired"},
		{"forged", contract, forged.ContractDocument(cin, id, later), 401, "landing_token_invalid"},
		{"no signature", contract, head, 401, "landing_token_invalid"},
		{"empty signature", contract, head + ".", 401, "landing_token_invalid"},
		{"three parts", contract, good + "." + tail, 401, "landing_token_invalid"},
		{"broken base64", contract, "%25%25." + tail, 401, "landing_token_invalid"},
		{"padded base64", contract, head + "%3D." + tail, 401, "landing_token_invalid"},
		{"other payload", contract, base64.RawURLEncoding.EncodeToString([]byte(`{"v":1}`)) + "." + tail, 401, "landing_token_invalid"},
		{"endless", contract, strings.Repeat("a", 4000), 401, "landing_token_invalid"},
		{"text", contract, "token", 401, "landing_token_invalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s.Call(t, http.MethodGet, documentPath(test.contract)+"?token="+test.token, nil, system.Anonymous).Refused(t, test.status, test.code)
		})
	}
	problemAt(t, s.Call(t, http.MethodGet, documentPath(contract), nil, system.Anonymous), "query", "token")
	pdf(t, s, documentPath(contract)+"?token="+signs.ContractDocument(cin, id, later), system.Anonymous)
}

func TestLandingDocument_TokenOpensOneInvoice(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, mobileOffer())
	mine, theirs := submit(t, s, newMobile(offer)), submit(t, s, newMobile(offer))
	bill(t, s, september)
	invoice, other := clientInvoice(t, s, text(t, mine, "client_id")), clientInvoice(t, s, text(t, theirs, "client_id"))
	cin, otherCIN := text(t, mine, "client_cin"), text(t, theirs, "client_cin")
	id, later, signs := uuid.MustParse(text(t, invoice, "id")), system.Today.Add(token.DocumentLifetime), signer(t)
	path := func(id, token string) string {
		return fmt.Sprintf("/api/v1/landing/invoices/%s/document?token=%s", id, token)
	}
	for _, test := range []struct {
		name, id, token string
		status          int
		code            string
	}{
		{"another invoice's token", id.String(), signs.InvoiceDocument(otherCIN, uuid.MustParse(text(t, other, "id")), later), 403, "landing_invoice_token_mismatch"},
		{"another CIN's token", id.String(), signs.InvoiceDocument(otherCIN, id, later), 403, "landing_invoice_token_mismatch"},
		{"unknown invoice", unknownID, signs.InvoiceDocument(cin, uuid.MustParse(unknownID), later), 404, "invoice_not_found"},
		{"contract token", id.String(), signs.ContractDocument(cin, id, later), 401, "landing_token_invalid"},
		{"expired", id.String(), signs.InvoiceDocument(cin, id, system.Today), 401, "landing_token_expired"},
		{"broken base64", id.String(), "!!!.???", 401, "landing_token_invalid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.Call(t, http.MethodGet, path(test.id, test.token), nil, system.Anonymous).Refused(t, test.status, test.code)
		})
	}
	file := pdf(t, s, path(id.String(), signs.InvoiceDocument(cin, id, later)), system.Anonymous)
	require.Contains(t, file.Header.Get("Content-Disposition"), "invoice-"+id.String()+".pdf")
	require.Equal(t, pdf(t, s, invoicesPath+"/"+id.String()+"/pdf").Body, file.Body)
}
