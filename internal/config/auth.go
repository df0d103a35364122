package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mtfacturation/mtf/internal/identity"
)

// Auth says which JSON Web Tokens prove an identity outside local and test. Without
// an issuer and a file of keys only API keys do.
type Auth struct {
	Issuer     string   `env:"MTF_AUTH_ISSUER"`
	JWKSFile   string   `env:"MTF_AUTH_JWKS_FILE"`
	Audience   string   `env:"MTF_AUTH_AUDIENCE"`
	Algorithms []string `env:"MTF_AUTH_ALGORITHMS"`
	RolesClaim string   `env:"MTF_AUTH_ROLES_CLAIM"`
	// OrganisationsClaim, when empty, lets every token act for all organisations.
	OrganisationsClaim string `env:"MTF_AUTH_ORGANISATIONS_CLAIM"`
}

const defaultRolesClaim = "roles"

// defaultAlgorithms are what nearly all providers sign with.
var defaultAlgorithms = []string{"RS256", "ES256"}

// Settings are what the tokens are checked by.
func (a Auth) Settings() identity.Settings { return identity.Settings(a) }

func (a Auth) withDefaults() Auth {
	algorithms := []string{}
	for _, name := range a.Algorithms {
		if name = strings.TrimSpace(name); name != "" {
			algorithms = append(algorithms, name)
		}
	}
	if len(algorithms) == 0 {
		algorithms = slices.Clone(defaultAlgorithms)
	}
	a.Algorithms = algorithms
	if a.RolesClaim == "" {
		a.RolesClaim = defaultRolesClaim
	}
	return a
}

func (a Auth) problems() []error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf("config: "+format, args...)) }
	source := a.Issuer != "" || a.JWKSFile != ""
	if source && a.Audience == "" {
		add("MTF_AUTH_AUDIENCE must be set with MTF_AUTH_ISSUER or MTF_AUTH_JWKS_FILE: tokens for other programs must not count here")
	}
	if !source && a.Audience != "" {
		add("MTF_AUTH_AUDIENCE is set, but neither MTF_AUTH_ISSUER nor MTF_AUTH_JWKS_FILE says whose tokens count")
	}
	// Beside a file the issuer is a name that is compared, and nothing is fetched.
	if a.Issuer != "" && a.JWKSFile == "" {
		if err := identity.CheckURL(a.Issuer); err != nil {
			add("MTF_AUTH_ISSUER %q: %w; plain http is for this machine alone", a.Issuer, err)
		}
	}
	for _, name := range a.Algorithms {
		if !slices.Contains(identity.Algorithms, name) {
			add("MTF_AUTH_ALGORITHMS: %q is none of %s", name, strings.Join(identity.Algorithms, ", "))
		}
	}
	return problems
}
