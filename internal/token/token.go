// Package token signs the short-lived links of the public landing pages.
//
// A token is a JSON claim set and its HMAC-SHA-256, both in base64url. It carries
// a version, one purpose, the client's CIN, at most one subject and its expiry, and
// is good for nothing else.
package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// Purpose is the single use of a token.
type Purpose string

// The purposes, as the original system names them.
const (
	Lookup           Purpose = "landing_lookup"
	ContractDocument Purpose = "landing_contract_document"
	InvoiceDocument  Purpose = "landing_invoice_document"
)

const (
	version = 1

	// LookupLifetime is how long a verified CIN may look up its data.
	LookupLifetime = 600 * time.Second
	// DocumentLifetime is how long a download link works.
	DocumentLifetime = 86_400 * time.Second

	maxLength = 2048
)

// DocumentExpiry is when a download link made now stops working.
func DocumentExpiry(now time.Time) time.Time { return now.Add(DocumentLifetime).Truncate(time.Second) }

// MinSecretLength is the shortest signing secret, in bytes, outside local and test.
const MinSecretLength = 32

// Claims is what a token proves. Its fields are in alphabetical order on the wire,
// like those of the original system.
type Claims struct {
	CIN        string     `json:"cin"`
	ContractID *uuid.UUID `json:"contract_id,omitempty"`
	ExpiresAt  int64      `json:"exp"` // Unix seconds.
	InvoiceID  *uuid.UUID `json:"invoice_id,omitempty"`
	Purpose    Purpose    `json:"purpose"`
	Version    int        `json:"v"`
}

// Signer signs and checks tokens with one secret.
type Signer struct{ secret []byte }

// NewSigner returns a signer; an empty secret is an error.
func NewSigner(secret string) (*Signer, error) {
	if secret == "" {
		return nil, errors.New("token: the signing secret is empty")
	}
	return &Signer{secret: []byte(secret)}, nil
}

// Lookup returns a token that lets its bearer look up the client with this CIN.
func (s *Signer) Lookup(cin string, now time.Time) (signed string, expiresAt time.Time) {
	expiresAt = now.Add(LookupLifetime).Truncate(time.Second)
	return s.sign(Claims{CIN: cin, Purpose: Lookup, ExpiresAt: expiresAt.Unix()}), expiresAt
}

// ContractDocument returns a token for the document of one contract until expiresAt.
func (s *Signer) ContractDocument(cin string, contractID uuid.UUID, expiresAt time.Time) string {
	return s.sign(Claims{CIN: cin, ContractID: &contractID, Purpose: ContractDocument, ExpiresAt: expiresAt.Unix()})
}

// InvoiceDocument returns a token for the document of one invoice until expiresAt.
func (s *Signer) InvoiceDocument(cin string, invoiceID uuid.UUID, expiresAt time.Time) string {
	return s.sign(Claims{CIN: cin, InvoiceID: &invoiceID, Purpose: InvoiceDocument, ExpiresAt: expiresAt.Unix()})
}

// Verify returns the claims of a token for a purpose. It refuses with
// landing_token_invalid for anything that this secret did not sign for that
// purpose, and with landing_token_expired once the expiry has passed.
func (s *Signer) Verify(text string, purpose Purpose, now time.Time) (Claims, error) {
	claims, err := s.parse(text)
	if err != nil || claims.Version != version || claims.Purpose != purpose {
		return Claims{}, refusal.New(refusal.LandingTokenInvalid)
	}
	if now.Unix() >= claims.ExpiresAt {
		return Claims{}, refusal.New(refusal.LandingTokenExpired)
	}
	return claims, nil
}

func (s *Signer) sign(claims Claims) string {
	claims.Version = version
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("token: claims of plain fields always encode: " + err.Error())
	}
	return encode(payload) + "." + encode(s.mac(payload))
}

func (s *Signer) parse(text string) (Claims, error) {
	head, tail, found := strings.Cut(text, ".")
	if !found || len(text) > maxLength {
		return Claims{}, errors.New("token: not two parts")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(head)
	if err != nil {
		return Claims{}, err
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(tail)
	if err != nil {
		return Claims{}, err
	}
	if !hmac.Equal(signature, s.mac(payload)) {
		return Claims{}, errors.New("token: wrong signature")
	}
	var claims Claims
	err = json.Unmarshal(payload, &claims)
	return claims, err
}

func (s *Signer) mac(payload []byte) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write(payload)
	return mac.Sum(nil)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
