// Package dunning decides which step a delinquent client is due, and carries it out.
//
// It owns the policy (versioned), the episodes of delinquency, their steps, and the outbox of messages. It does not own
// the collection cases, which package collections keeps, nor the workflow that waits between two steps.
//
// A step of a policy is taken at most once in an episode.
package dunning
