// Package starter starts workflows for requests, commands, and schedules, and waits for their
// answers.
//
// The idempotency key of a request determines the id of its workflow, so a key has at most one
// running workflow. The answer is stored in the database by the transaction that causes the effect.
// Before a workflow is started, the starter looks for a stored answer and for a running workflow of
// the same request. A caller that arrives while the workflow runs joins it.
//
// The package knows the workflow, task queue, summary, and search attributes of each operation. The
// API supplies the request, the location of the outcome, and the time to wait.
package starter
