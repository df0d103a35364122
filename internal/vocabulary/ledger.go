package vocabulary

// EntryDirection is the side of a ledger entry.
type EntryDirection string

// The directions of an entry. A debit raises what the client owes, a credit lowers it.
const (
	Debit  EntryDirection = "debit"
	Credit EntryDirection = "credit"
)

// EventType is the kind of a ledger event. Events that callers create may have types beyond those named here.
type EventType string

// The event types that rules know.
const (
	EventInstallment   EventType = "installment"
	EventPayment       EventType = "payment"
	EventReimbursement EventType = "reimbursement"
	EventDunningFee    EventType = "dunning_fee"
	EventInvoice       EventType = "invoice"
	EventFinalBill     EventType = "final_bill"
	EventBonus         EventType = "bonus"
	EventCorrection    EventType = "correction"
	EventChargeback    EventType = "chargeback"
)

// EntrySource is the origin of a ledger entry.
type EntrySource string

// The sources of an entry.
const (
	SourceInvoice         EntrySource = "invoice"
	SourcePayment         EntrySource = "payment"
	SourcePaymentReversal EntrySource = "payment_reversal"
	SourceInvoiceVoid     EntrySource = "invoice_void"
	SourceAPI             EntrySource = "api"
	// SourceAPIReversal is an entry that reverses an entry of SourceAPI. It is not an event.
	SourceAPIReversal EntrySource = "api_reversal"
)

// PriceChangeReason is why the price of a contract changed.
type PriceChangeReason string

// The reasons of a price change.
const (
	ReasonProvisioned    PriceChangeReason = "provisioned"
	ReasonUpgraded       PriceChangeReason = "upgraded"
	ReasonOfferChanged   PriceChangeReason = "offer_changed"
	ReasonPriceChanged   PriceChangeReason = "price_changed"
	ReasonInstallmentSet PriceChangeReason = "installment_set"
)

// PriceChangeSource is the door through which a price change came.
type PriceChangeSource string

// The sources of a price change.
const (
	FromPortal PriceChangeSource = "portal"
	FromAPI    PriceChangeSource = "api"
	FromSystem PriceChangeSource = "system"
)
