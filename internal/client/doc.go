// Package client holds the rules of a client and of the client's lines (subscribers).
//
// The package owns the form and the uniqueness of a CIN, the lock that serialises decisions about one client, and how
// an email address is masked. It does not own what a client owes (package ledger) nor the dunning of a client.
//
// Invariants: a CIN is stored trimmed and in upper case, and belongs to one client; a service identifier belongs to one
// subscriber. Stored personal data is never overwritten by a caller that only knows a CIN.
package client
