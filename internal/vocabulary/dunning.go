package vocabulary

// StepAction is what a dunning step does. The first two are also actions in the history of a case.
type StepAction string

// The actions of dunning steps.
const (
	StepReminder StepAction = "reminder_sent"
	StepWarning  StepAction = "warning_sent"
	// StepSuspend suspends the client's active contracts.
	StepSuspend StepAction = "suspend_contracts"
)

// Channel is the way by which a dunning step sends its message.
type Channel string

// The channels of dunning steps.
const (
	// ChannelEmail sends the message of a template to the client's e-mail address.
	ChannelEmail Channel = "email"
	// ChannelNone sends nothing: the step is only recorded on the client's cases.
	ChannelNone Channel = "none"
)

// NotificationStatus is the state of a message.
type NotificationStatus string

// The states of a message. A pending message is sent or retried later.
const (
	NotificationPending NotificationStatus = "pending"
	NotificationSent    NotificationStatus = "sent"
	NotificationFailed  NotificationStatus = "failed"
	NotificationSkipped NotificationStatus = "skipped"
)
