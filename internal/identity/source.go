package identity

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/mtfacturation/mtf/internal/loopback"
)

const (
	// minRSABits is what RFC 7518 requires of RS256 and its kin.
	minRSABits       = 2048
	maxDocumentBytes = 1 << 20
	maxRedirects     = 3
)

// keyFile reads keys from a file, which may be replaced while the program runs.
func keyFile(path string) func(context.Context) (jose.JSONWebKeySet, error) {
	return func(context.Context) (jose.JSONWebKeySet, error) {
		content, err := os.ReadFile(path)
		if err != nil {
			return jose.JSONWebKeySet{}, fmt.Errorf("identity: %w", err)
		}
		set, err := parseKeys(content)
		if err != nil {
			return set, fmt.Errorf("identity: %s: %w", path, err)
		}
		return set, nil
	}
}

// discovery reads the keys of an OpenID Connect issuer: its configuration says where
// they are.
func discovery(issuer string) func(context.Context) (jose.JSONWebKeySet, error) {
	client := &http.Client{CheckRedirect: func(request *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		return CheckURL(request.URL.String())
	}}
	return func(ctx context.Context) (jose.JSONWebKeySet, error) {
		content, err := fetch(ctx, client, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration")
		if err != nil {
			return jose.JSONWebKeySet{}, err
		}
		var document struct {
			Issuer  string `json:"issuer"`
			JWKSURI string `json:"jwks_uri"`
		}
		if err := json.Unmarshal(content, &document); err != nil {
			return jose.JSONWebKeySet{}, fmt.Errorf("identity: configuration of %s: %w", issuer, err)
		}
		if document.Issuer != issuer {
			return jose.JSONWebKeySet{}, fmt.Errorf("identity: the configuration of %s names the issuer %q", issuer, document.Issuer)
		}
		content, err = fetch(ctx, client, document.JWKSURI)
		if err != nil {
			return jose.JSONWebKeySet{}, err
		}
		set, err := parseKeys(content)
		if err != nil {
			return set, fmt.Errorf("identity: %s: %w", document.JWKSURI, err)
		}
		return set, nil
	}
}

func fetch(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	if err := CheckURL(address); err != nil {
		return nil, fmt.Errorf("identity: %q: %w", address, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("identity: %s answered %s", address, response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxDocumentBytes))
	if err != nil {
		return nil, fmt.Errorf("identity: %s: %w", address, err)
	}
	return content, nil
}

// CheckURL returns an error unless keys may be fetched from a URL: over https, or
// over http from this machine. An attacker who can change the keys in transit can sign tokens.
func CheckURL(text string) error {
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" {
		return errors.New("not a URL")
	}
	if address.Scheme != "https" && (address.Scheme != "http" || !loopback.Host(address.Hostname())) {
		return errors.New("must begin with https://")
	}
	return nil
}

// parseKeys reads a JSON Web Key Set and keeps the public keys that can check
// signatures; a set may hold others, of kinds that this program does not know. It is
// an error when none is left, and when the set gives a private key away.
func parseKeys(content []byte) (jose.JSONWebKeySet, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(content, &raw); err != nil {
		return jose.JSONWebKeySet{}, fmt.Errorf("not a JSON Web Key Set: %w", err)
	}
	var set jose.JSONWebKeySet
	for _, encoded := range raw.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(encoded) != nil || key.Use != "" && key.Use != "sig" {
			continue
		}
		if _, shared := key.Key.([]byte); shared || !key.Valid() {
			continue
		}
		if !key.IsPublic() {
			return jose.JSONWebKeySet{}, errors.New("holds a private key, which must stay with the issuer")
		}
		if public, ok := key.Key.(*rsa.PublicKey); ok && public.N.BitLen() < minRSABits {
			continue
		}
		set.Keys = append(set.Keys, key)
	}
	if len(set.Keys) == 0 {
		return jose.JSONWebKeySet{}, errors.New("holds no public key that can check signatures")
	}
	return set, nil
}
