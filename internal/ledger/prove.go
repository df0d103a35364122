package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// Fault is something that cannot be when every balance is right.
type Fault struct {
	// AccountID is the client whose balance it is about, or the contract.
	AccountID uuid.UUID `json:"account_id"`
	Currency  string    `json:"currency"`
	Fault     string    `json:"fault"`
}

// Prove returns what is wrong with the ledger, in the order of accounts, and nothing for one that is right: then each balance
// follows from its postings, each posting from an entry, and each entry from an invoice, a payment, a reversal, a void or an
// event, none of which is without. It asks several times, so where others write it needs a transaction that has one snapshot.
func Prove(ctx context.Context, tx dbsqlc.DBTX) ([]Fault, error) {
	queries := dbsqlc.New()
	faults := []Fault{} // None is an empty list, also as JSON.
	for _, find := range []func() error{
		func() error { return collect(ctx, tx, &faults, queries.LedgerAccountListFaults) },
		func() error { return collect(ctx, tx, &faults, queries.LedgerPostingListFaults) },
		func() error { return collect(ctx, tx, &faults, queries.LedgerEntryListFaults) },
		func() error { return collect(ctx, tx, &faults, queries.LedgerInvoiceListFaults) },
	} {
		if err := find(); err != nil {
			return nil, fmt.Errorf("ledger: prove: %w", err)
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int {
		return cmp.Or(bytes.Compare(a.AccountID[:], b.AccountID[:]), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Fault, b.Fault))
	})
	return faults, nil
}

// row is what every query for faults returns.
type row interface {
	dbsqlc.LedgerAccountListFaultsRow | dbsqlc.LedgerPostingListFaultsRow | dbsqlc.LedgerEntryListFaultsRow | dbsqlc.LedgerInvoiceListFaultsRow
}

func collect[R row](ctx context.Context, tx dbsqlc.DBTX, faults *[]Fault, query func(context.Context, dbsqlc.DBTX) ([]R, error)) error {
	rows, err := query(ctx, tx)
	for _, found := range rows {
		*faults = append(*faults, Fault(found))
	}
	return err
}
