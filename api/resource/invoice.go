package resource

// InvoicePath names an invoice.
type InvoicePath struct {
	InvoiceID string `path:"invoice_id" doc:"The invoice." example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
}
