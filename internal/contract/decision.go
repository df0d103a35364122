package contract

import (
	"slices"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// Intent says what the caller of a provisioning expects.
type Intent string

// The provisioning intents; auto lets the system decide.
const (
	Auto    Intent = "auto"
	Upgrade Intent = "upgrade"
	NewLine Intent = "new_line"
)

// Mode is what a provisioning did.
type Mode string

// The provisioning modes.
const (
	UpgradeExisting Mode = "upgrade_existing_contract"
	NewContract     Mode = "new_contract"
)

// Candidate is an active contract of the client whose subscriber has the offer's
// service type: what an upgrade can apply to.
type Candidate struct {
	ContractID   uuid.UUID
	SubscriberID uuid.UUID
}

// KnownSubscriber is the subscriber that a requested service identifier belongs to.
type KnownSubscriber struct {
	ID        uuid.UUID
	OwnedByUs bool // It belongs to the client that is provisioned.
	FitsOffer bool // Its service type is the offer's.
}

// Question is all that the upgrade-or-new decision looks at.
type Question struct {
	Intent           Intent
	Candidates       []Candidate
	TargetContractID *uuid.UUID
	SubscriberID     *uuid.UUID
	// Identified is set when the requested service identifier is in use.
	Identified *KnownSubscriber
	// IdentifierGiven reports whether the caller named a service identifier.
	IdentifierGiven bool
}

// Decide answers which contract to upgrade; nil means a new contract. The rules
// apply in the order of the provisioning section of the API contract.
func Decide(q Question) (*Candidate, error) {
	switch q.Intent {
	case NewLine:
		return nil, nil
	case Upgrade:
		return upgradeTarget(q)
	}

	switch {
	case len(q.Candidates) == 0:
		return nil, nil
	case q.TargetContractID != nil:
		return upgradeTarget(q)
	case q.SubscriberID != nil:
		return candidateOn(q.Candidates, *q.SubscriberID), nil
	case q.IdentifierGiven:
		return onIdentifier(q)
	case len(q.Candidates) == 1:
		return &q.Candidates[0], nil
	default:
		return nil, refusal.New(refusal.UpgradeDisambiguation).With("candidate_contract_ids", contractIDs(q.Candidates))
	}
}

// upgradeTarget picks the contract that an upgrade applies to.
func upgradeTarget(q Question) (*Candidate, error) {
	switch {
	case len(q.Candidates) == 0:
		return nil, refusal.New(refusal.UpgradeTargetMissing)
	case q.TargetContractID != nil:
		for i := range q.Candidates {
			if q.Candidates[i].ContractID == *q.TargetContractID {
				return &q.Candidates[i], nil
			}
		}
		return nil, refusal.New(refusal.UpgradeTargetInvalid).With("candidate_contract_ids", contractIDs(q.Candidates))
	case len(q.Candidates) > 1:
		return nil, refusal.New(refusal.UpgradeDisambiguation).With("candidate_contract_ids", contractIDs(q.Candidates))
	}
	return &q.Candidates[0], nil
}

// onIdentifier upgrades the contract on the client's own line with this
// identifier; any other identifier asks for a new contract.
func onIdentifier(q Question) (*Candidate, error) {
	if q.Identified == nil || !q.Identified.OwnedByUs {
		return nil, nil
	}
	if !q.Identified.FitsOffer {
		return nil, refusal.New(refusal.SubscriberOffer)
	}
	return candidateOn(q.Candidates, q.Identified.ID), nil
}

func candidateOn(candidates []Candidate, subscriberID uuid.UUID) *Candidate {
	index := slices.IndexFunc(candidates, func(c Candidate) bool { return c.SubscriberID == subscriberID })
	if index < 0 {
		return nil
	}
	return &candidates[index]
}

func contractIDs(candidates []Candidate) []uuid.UUID {
	ids := make([]uuid.UUID, len(candidates))
	for i, candidate := range candidates {
		ids[i] = candidate.ContractID
	}
	return ids
}
