// Package workflows holds the processes, one per file: each says in which order
// things happen and leaves the doing to activities.
package workflows

// The task queues. Interactive work is what a person waits for; billing, documents and
// dunning are batches, kept apart so that none can starve the first.
const (
	InteractiveQueue = "interactive"
	BillingQueue     = "billing"
	DocumentsQueue   = "documents"
	DunningQueue     = "dunning"
)
