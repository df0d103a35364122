package vocabulary

// InvoiceStatus is the state of an invoice.
type InvoiceStatus string

// The states of an invoice. Payments and the calendar move an invoice between them; void is final.
const (
	InvoiceIssued  InvoiceStatus = "issued"
	InvoicePaid    InvoiceStatus = "paid"
	InvoiceOverdue InvoiceStatus = "overdue"
	InvoiceVoid    InvoiceStatus = "void"
)

// LineType is the kind of an invoice line.
type LineType string

// The kinds of invoice line.
const (
	LineRecurring  LineType = "recurring"
	LineActivation LineType = "activation"
)

// ChunkStatus is the state of a chunk of a billing run.
type ChunkStatus string

// The states of a chunk.
const (
	// ChunkPlanned is a chunk whose invoices are not committed yet.
	ChunkPlanned ChunkStatus = "planned"
	// ChunkBilled is a chunk whose invoices are committed.
	ChunkBilled ChunkStatus = "billed"
	// ChunkDocumented is a billed chunk whose PDF files are stored too.
	ChunkDocumented ChunkStatus = "documented"
)
