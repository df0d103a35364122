package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// Audit appends an event to a contract's audit trail, in the transaction of what
// it tells about. Details carry no personal data in clear.
func Audit(ctx context.Context, tx dbsqlc.DBTX, contractID uuid.UUID, event, actorID string, details map[string]any, now time.Time) error {
	encoded, err := json.Marshal(details)
	if err != nil {
		return fmt.Errorf("contract: encode audit details: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("contract: new id: %w", err)
	}
	return dbsqlc.New().ContractAuditEventInsert(ctx, tx, dbsqlc.ContractAuditEventInsertParams{
		ID: id, ContractID: contractID, EventType: event, ActorID: actorID, Details: encoded, Now: now,
	})
}
