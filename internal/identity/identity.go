// Package identity says who calls: the actor, its roles, and the proof of both that
// an identity provider signs.
package identity

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The roles that operations ask for. Providers may give others, which open nothing.
const (
	Viewer  = "viewer"  // reads
	Ops     = "ops"     // clients, subscribers, offers and contracts
	Billing = "billing" // billing runs and payments
	Admin   = "admin"   // everything
)

// Roles lists the roles from the least to the most.
var Roles = []string{Viewer, Ops, Billing, Admin}

// KeyActorPrefix begins the actor ids of API keys. No token may claim such an id.
const KeyActorPrefix = "apikey:"

const maxIDLength = 128

// ErrInvalid is returned for a token or key that proves no identity. Its text may name the
// reason, for logs only; callers never see it.
var ErrInvalid = errors.New("identity: not proven")

// ErrUnavailable is returned while the keys to check a token cannot be read.
var ErrUnavailable = errors.New("identity: the keys of the issuer cannot be read")

// Actor is who makes a request.
type Actor struct {
	ID    string
	Roles []string
	// Organisations are the organisations that the actor may act for. Nil means all.
	Organisations []string
}

// ActsFor reports whether the actor may act for an organisation.
func (a Actor) ActsFor(organisation string) bool {
	return a.Organisations == nil || slices.Contains(a.Organisations, organisation)
}

// HasAnyRole reports whether the actor has one of the roles.
func (a Actor) HasAnyRole(roles []string) bool {
	return slices.ContainsFunc(a.Roles, func(role string) bool { return slices.Contains(roles, role) })
}

// organisationForm is what an organisation may be called: it is a step of a path.
var organisationForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ValidOrganisation reports whether a text can name an organisation.
func ValidOrganisation(name string) bool { return organisationForm.MatchString(name) }

// ValidID reports whether a text can name an actor: 1 to 128 bytes that can be
// printed, with no space around them.
func ValidID(id string) bool {
	return id != "" && len(id) <= maxIDLength && id == strings.TrimSpace(id) && utf8.ValidString(id) &&
		strings.IndexFunc(id, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
