package workflows

// The task queues. A person waits for interactive work. Billing, documents, and dunning are batches on
// separate queues so that they cannot starve interactive work. Readers of cases wait for the collections
// sync, so it has a queue to itself: neither a billing run nor a burst of submits can delay it.
const (
	InteractiveQueue     = "interactive"
	BillingQueue         = "billing"
	DocumentsQueue       = "documents"
	CollectionsSyncQueue = "collections-sync"
	DunningQueue         = "dunning"
)
