package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// previewRange is the number of clients that a preview reads at once. It bounds the
// contracts in memory, whatever the size of the run.
const previewRange = 2_000

// Preview is the result of a run if it were planned now.
type Preview struct {
	ClientCount     int32
	InvoiceCount    int32
	SkippedCount    int32
	UnbillableCount int32
	Subtotal        money.Amount
	Tax             money.Amount
	Total           money.Amount
	// Clients are the clients of the page, in the order of their ids.
	Clients []PreviewClient
}

// PreviewClient is the invoice that a client would get.
type PreviewClient struct {
	ClientID   uuid.UUID
	ClientName string
	Statement  Statement
}

// PreviewRun computes the result of a run with these terms, with the lines of one page
// of the clients that get an invoice. It writes nothing: the transaction should be
// read-only with one snapshot. It selects the clients as a run does, and computes their
// invoices with the code of the run.
func PreviewRun(ctx context.Context, tx dbsqlc.DBTX, terms Terms, offset, size int, now time.Time) (Preview, error) {
	queries, preview, after := dbsqlc.New(), Preview{Clients: []PreviewClient{}}, uuid.Nil
	for {
		ids, err := queries.BillableClientList(ctx, tx, dbsqlc.BillableClientListParams{
			AfterClientID: after, PeriodStart: terms.Period.Start, PeriodEnd: terms.Period.End, PlannedAt: now, MaxCount: previewRange,
		})
		if err != nil {
			return Preview{}, fmt.Errorf("billing: billable clients: %w", err)
		}
		if len(ids) == 0 {
			return preview, nil
		}
		after = ids[len(ids)-1]
		contracts, err := queries.BillableContractList(ctx, tx, dbsqlc.BillableContractListParams{
			FirstClientID: ids[0], LastClientID: after, PeriodStart: terms.Period.Start, PeriodEnd: terms.Period.End, PlannedAt: now,
			Daily: terms.Proration == ProrationDaily, FailedClientIDS: []uuid.UUID{},
		})
		if err != nil {
			return Preview{}, fmt.Errorf("billing: billable contracts: %w", err)
		}
		for client := range groupByClient(contracts) {
			if err := preview.add(client, terms, offset, size); err != nil {
				return Preview{}, err
			}
		}
		if len(ids) < previewRange {
			return preview, nil
		}
	}
}

// add counts a client, and keeps its statement if it is on the page.
func (p *Preview) add(rows []dbsqlc.BillableContractListRow, terms Terms, offset, size int) error {
	p.ClientCount++
	statement, err := newClientStatement(rows, terms)
	switch {
	case refusal.As(err) != nil:
		p.UnbillableCount++
		return nil
	case err != nil:
		return err
	case statement.Subtotal == 0:
		p.SkippedCount++
		return nil
	}
	if at := int(p.InvoiceCount); at >= offset && at < offset+size {
		p.Clients = append(p.Clients, PreviewClient{ClientID: rows[0].ClientID, ClientName: rows[0].ClientName, Statement: statement})
	}
	p.InvoiceCount++
	p.Subtotal += statement.Subtotal
	p.Tax += statement.Tax
	p.Total += statement.Total
	return nil
}
