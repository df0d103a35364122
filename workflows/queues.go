// Package workflows holds the processes, one per file: each says in which order
// things happen and leaves the doing to activities.
package workflows

// The task queues. Interactive work is what a person waits for; billing, documents and
// dunning are batches, kept apart so that none can starve the first. The sync of
// collections is a batch that readers wait for: no run and no crowd of submits may
// stand before it, so it has a queue that nothing else is on.
const (
	InteractiveQueue     = "interactive"
	BillingQueue         = "billing"
	DocumentsQueue       = "documents"
	CollectionsSyncQueue = "collections-sync"
	DunningQueue         = "dunning"
)
