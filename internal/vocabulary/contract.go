package vocabulary

// ContractStatus is the state of a contract.
type ContractStatus string

// The states of a contract. Draft, active, and suspended are open; terminated is final.
const (
	ContractDraft      ContractStatus = "draft"
	ContractActive     ContractStatus = "active"
	ContractSuspended  ContractStatus = "suspended"
	ContractTerminated ContractStatus = "terminated"
)
