package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
)

// Trail gathers what an actor does to a contract, to be appended to the contract's
// audit trail in one statement. Details carry only masked personal data.
type Trail struct {
	contractID uuid.UUID
	actorID    actor.ID
	events     []string
	details    []map[string]any
}

// NewTrail returns an empty trail of what an actor does to a contract.
func NewTrail(contractID uuid.UUID, actorID actor.ID) *Trail {
	return &Trail{contractID: contractID, actorID: actorID}
}

// Add notes an event; the order of events is kept.
func (t *Trail) Add(event string, details map[string]any) *Trail {
	t.events, t.details = append(t.events, event), append(t.details, details)
	return t
}

// Write appends the events. tx is the transaction of the recorded changes.
func (t *Trail) Write(ctx context.Context, tx dbsqlc.DBTX, now time.Time) error {
	params := dbsqlc.ContractAuditEventInsertParams{
		ContractID: t.contractID, ActorID: string(t.actorID), EventTypes: t.events, Now: now,
		IDS: make([]uuid.UUID, len(t.events)), Details: make([]json.RawMessage, len(t.events)),
	}
	for i, details := range t.details {
		var err error
		if params.Details[i], err = json.Marshal(details); err != nil {
			return fmt.Errorf("contract: encode audit details: %w", err)
		}
		params.IDS[i] = db.NewID()
	}
	if err := dbsqlc.New().ContractAuditEventInsert(ctx, tx, params); err != nil {
		return fmt.Errorf("contract: append to the audit trail: %w", err)
	}
	return nil
}
