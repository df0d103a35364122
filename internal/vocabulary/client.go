package vocabulary

// ClientType is the kind of client.
type ClientType string

// The kinds of client.
const (
	ClientIndividual ClientType = "individual"
	ClientBusiness   ClientType = "business"
)

// ClientStatus is the state of a client.
type ClientStatus string

// The states of a client.
const (
	ClientActive     ClientStatus = "active"
	ClientSuspended  ClientStatus = "suspended"
	ClientTerminated ClientStatus = "terminated"
)

// SubscriberStatus is the state of a subscriber, which is a line of a client.
type SubscriberStatus string

// The states of a subscriber.
const (
	SubscriberActive     SubscriberStatus = "active"
	SubscriberSuspended  SubscriberStatus = "suspended"
	SubscriberTerminated SubscriberStatus = "terminated"
)
