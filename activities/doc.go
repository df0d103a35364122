// Package activities contains the side effects of the workflows: each activity is a database transaction
// or a batch of documents.
//
// Activities are thin. They open a transaction, call the domain, and convert its refusals into
// Temporal application errors. Every activity is idempotent.
package activities
