// Package vocabulary defines the words that the database stores and the API shows: the states, kinds, and sources of
// the domain, each as a type of its own, so that a contract's status and an invoice's cannot be mixed up.
//
// The package imports nothing, so that the generated rows (db/dbsqlc) can carry these types. The rules about the words
// belong to the domain packages, which alias them: contract.Status is ContractStatus.
package vocabulary
