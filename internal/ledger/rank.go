package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// rankSpacing is of how many events of an account one has a known rank, and how many postings it takes for the ranks to be
// made anew: what a page far down a list passes over at most is some times as much.
const rankSpacing = 256

// rankEvents makes the ranks of those accounts anew of which much is not ranked yet. It comes after all that the transaction
// posts. An account that another transaction ranks at the moment is left to the next event.
func rankEvents(ctx context.Context, tx dbsqlc.DBTX, accounts []uuid.UUID) error {
	queries := dbsqlc.New()
	due, err := queries.LedgerEventRankList(ctx, tx, dbsqlc.LedgerEventRankListParams{AccountIDS: accounts, Unranked: rankSpacing})
	if err != nil {
		return fmt.Errorf("ledger: find what is to be ranked: %w", err)
	}
	for _, account := range due {
		if err := queries.LedgerEventRankUpdate(ctx, tx, dbsqlc.LedgerEventRankUpdateParams{AccountID: account, Spacing: rankSpacing}); err != nil {
			return fmt.Errorf("ledger: rank events: %w", err)
		}
	}
	return nil
}
