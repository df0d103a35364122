package vocabulary

// CaseStatus is the state of a collection case.
type CaseStatus string

// The states of a collection case. Open and in progress are active. Resolved means that the invoice
// is paid, closed that it is void.
const (
	CaseOpen       CaseStatus = "open"
	CaseInProgress CaseStatus = "in_progress"
	CaseResolved   CaseStatus = "resolved"
	CaseClosed     CaseStatus = "closed"
)

// ActionType is the kind of an action in the history of a collection case.
type ActionType string

// The actions that the system appends to a case.
const (
	ActionCaseOpened      ActionType = "case_opened"
	ActionCaseReopened    ActionType = "case_reopened"
	ActionPaymentRecorded ActionType = "payment_recorded"
	ActionPaymentReversed ActionType = "payment_reversed"
	ActionCaseResolved    ActionType = "case_resolved"
	ActionCaseClosed      ActionType = "case_closed"
)

// The actions that operators and dunning append to a case.
const (
	ActionStatusUpdated ActionType = "status_updated"
	ActionReminderSent  ActionType = "reminder_sent"
	ActionWarningSent   ActionType = "warning_sent"
	ActionNote          ActionType = "note"
)
