package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// Leeway is by how much the clocks of the issuer and of this program may differ.
	Leeway = 30 * time.Second

	// maxTokenLength, in bytes, is more than providers issue and bounds the work of a refusal.
	maxTokenLength = 16 << 10
)

// Algorithms are the signatures that a configuration may allow. Those with a shared
// secret are not among them: who could check such a token could make one.
var Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Settings say which tokens prove an identity.
type Settings struct {
	// Issuer is what the claim iss must be. Without a JWKSFile it is also the URL
	// under which the issuer's keys are found. With one it may be empty: any iss goes.
	Issuer string
	// JWKSFile holds the public keys as a JSON Web Key Set.
	JWKSFile string
	// Audience is what the claim aud must contain.
	Audience string
	// Algorithms are the signatures that are accepted.
	Algorithms []string
	// RolesClaim is the claim with the roles; dots lead into nested objects.
	RolesClaim string
	// OrganisationsClaim is the claim with the organisations that the actor may act for. When
	// it is empty, every token is good for all of them.
	OrganisationsClaim string
}

// Verifier checks JSON Web Tokens.
type Verifier struct {
	settings   Settings
	algorithms []jose.SignatureAlgorithm
	keys       *keys
}

// NewVerifier returns a verifier, or nil when the settings name no source of keys.
// A file of keys must be readable and hold one at least. An issuer is not asked
// before the first token comes: it may be down when the program starts.
func NewVerifier(ctx context.Context, settings Settings, now time.Time) (*Verifier, error) {
	if settings.Issuer == "" && settings.JWKSFile == "" {
		return nil, nil
	}
	if settings.Audience == "" || len(settings.Algorithms) == 0 {
		return nil, errors.New("identity: an audience and the accepted algorithms must be given")
	}
	v := &Verifier{settings: settings}
	for _, name := range settings.Algorithms {
		if !slices.Contains(Algorithms, name) {
			return nil, fmt.Errorf("identity: algorithm %q is not accepted", name)
		}
		v.algorithms = append(v.algorithms, jose.SignatureAlgorithm(name))
	}
	if settings.JWKSFile == "" {
		v.keys = &keys{load: discovery(settings.Issuer)}
		return v, nil
	}
	v.keys = &keys{load: keyFile(settings.JWKSFile)}
	return v, v.keys.refresh(ctx, now)
}

// Verify returns the actor of a token. It returns ErrInvalid for every token that is not valid
// now, and ErrUnavailable while the keys to check it cannot be read.
func (v *Verifier) Verify(ctx context.Context, token string, now time.Time) (Actor, error) {
	if len(token) > maxTokenLength {
		return Actor{}, invalid("too long")
	}
	// Other algorithms than the allowed ones, "none" among them, do not parse.
	parsed, err := jwt.ParseSigned(token, v.algorithms)
	if err != nil || len(parsed.Headers) != 1 {
		return Actor{}, invalid("no signed token of an accepted algorithm")
	}
	candidates, err := v.keys.find(ctx, parsed.Headers[0].KeyID, now)
	if err != nil {
		return Actor{}, err
	}
	for _, key := range candidates {
		// A key that names its algorithm is good for no other.
		if key.Algorithm != "" && key.Algorithm != parsed.Headers[0].Algorithm {
			continue
		}
		var registered jwt.Claims
		var all map[string]any
		if parsed.Claims(key.Key, &registered, &all) == nil {
			return v.actor(registered, all, now)
		}
	}
	return Actor{}, invalid("wrong signature")
}

// actor reads the claims of a token whose signature is good.
func (v *Verifier) actor(registered jwt.Claims, all map[string]any, now time.Time) (Actor, error) {
	if registered.Expiry == nil {
		return Actor{}, invalid("no expiry")
	}
	expected := jwt.Expected{Issuer: v.settings.Issuer, AnyAudience: jwt.Audience{v.settings.Audience}, Time: now}
	if err := registered.ValidateWithLeeway(expected, Leeway); err != nil {
		return Actor{}, invalid(err.Error()) // The library's errors are constants.
	}
	if !ValidID(registered.Subject) || strings.HasPrefix(registered.Subject, KeyActorPrefix) {
		return Actor{}, invalid("no usable subject")
	}
	actor := Actor{ID: registered.Subject, Roles: textsIn(all, v.settings.RolesClaim)}
	if v.settings.OrganisationsClaim != "" {
		actor.Organisations = textsIn(all, v.settings.OrganisationsClaim)
	}
	return actor, nil
}

func invalid(reason string) error { return fmt.Errorf("%w: %s", ErrInvalid, reason) }
