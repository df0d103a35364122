// Package collections follows what clients owe.
//
// It owns payments, their reversals and the voiding of invoices; the paid amount and the status of
// an issued invoice; collection cases, their history and aging; and the delinquency of clients. It
// does not own the invoices themselves (package billing), the ledger that it posts to (package
// ledger), or what is done about delinquent clients (package dunning).
//
// Invariants:
//   - Locks are taken in one order: invoices, their cases, their clients.
//   - An invoice that is or was overdue has exactly one case. The case of an overdue invoice is
//     active after every sync, with the invoice's outstanding amount.
//   - A client is delinquent exactly while an invoice of the client is overdue.
//   - An operation, its history and its stored answer are one transaction. A repeated request gets
//     the stored answer and changes nothing.
//
// Times: due dates, payment dates and aging follow the business day that the caller passes. Instants
// are in UTC and whole microseconds. The history of a case never runs backwards, whatever the clocks
// of its writers show.
package collections
