package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// ChunkResult is what a chunk contributed to its run.
type ChunkResult struct {
	ClientCount    int32        `json:"client_count"`
	InvoiceCount   int32        `json:"invoice_count"`
	SkippedCount   int32        `json:"skipped_count"`
	FailedCount    int32        `json:"failed_count"`
	SubtotalAmount money.Amount `json:"subtotal_amount"`
	TaxAmount      money.Amount `json:"tax_amount"`
	TotalAmount    money.Amount `json:"total_amount"`
}

// ChunkInput names a chunk and the instant and local day its invoices are issued at.
type ChunkInput struct {
	RunID     uuid.UUID
	Number    int32
	Seller    Seller
	IssuedAt  time.Time
	IssueDate calendar.Date
	// RetryParked has the parked clients of a chunk billed that was billed before.
	RetryParked bool
	// OneByOne writes each client's invoice apart, so that one which the database
	// refuses is parked and does not stop the others. It is many times slower.
	OneByOne bool
}

// BillChunk issues the invoices of one chunk of a run in the given transaction, and
// returns what the chunk contributes to its run by then.
//
// The chunk's row is locked and says whether the work is done, so the transaction
// can be repeated any number of times. A contract that paid its recurring fee for
// any day of the period is left out, or only those days with daily proration; a client
// with nothing left to bill counts as skipped, and one that cannot be billed is parked
// with the reason and does not stop the others. Should another run bill the same days at the same time, the
// database refuses the second one and this transaction is repeated.
func BillChunk(ctx context.Context, tx pgx.Tx, input ChunkInput) (ChunkResult, error) {
	c, err := openChunk(ctx, tx, input)
	if err != nil {
		return ChunkResult{}, err
	}
	if c.nothingToDo() {
		return c.result, nil
	}
	contracts, err := dbsqlc.New().BillableContractList(ctx, tx, dbsqlc.BillableContractListParams{
		FirstClientID: c.row.FirstClientID, LastClientID: c.row.LastClientID,
		PeriodStart: c.run.PeriodStart, PeriodEnd: c.run.PeriodEnd, PlannedAt: c.run.PlannedAt,
		Daily: c.terms.Proration == ProrationDaily, FailedOnly: c.retrying(), FailedClientIDS: c.parked,
	})
	if err != nil {
		return ChunkResult{}, fmt.Errorf("billing: billable contracts: %w", err)
	}
	if err := c.noteSkipped(ctx, tx, contracts); err != nil {
		return ChunkResult{}, err
	}
	seen := int32(0)
	for client := range groupByClient(contracts) {
		seen++
		if err := c.bill(client); err != nil {
			return ChunkResult{}, err
		}
	}
	c.reconcileCounts(seen)
	return c.result, c.write(ctx, tx)
}

// chunk is one chunk with the rows that it is to write.
type chunk struct {
	input ChunkInput
	run   dbsqlc.BillingRun
	row   dbsqlc.BillingRunChunk
	// parked are the clients that could not be billed before.
	parked   []uuid.UUID
	terms    Terms
	bills    []bill
	failures []dbsqlc.BillingRunFailureInsertManyParams
	result   ChunkResult
}

// bill is one client's invoice with its lines.
type bill struct {
	invoice dbsqlc.InvoiceInsertManyParams
	lines   []dbsqlc.InvoiceLineInsertManyParams
}

// openChunk locks a chunk and reads what it has done so far.
func openChunk(ctx context.Context, tx pgx.Tx, input ChunkInput) (*chunk, error) {
	queries := dbsqlc.New()
	row, err := queries.BillingRunChunkLock(ctx, tx, dbsqlc.BillingRunChunkLockParams{
		BillingRunID: input.RunID, Number: input.Number,
	})
	if err != nil {
		return nil, fmt.Errorf("billing: lock chunk: %w", err)
	}
	run, err := queries.BillingRunGetByID(ctx, tx, input.RunID)
	if err != nil {
		return nil, fmt.Errorf("billing: find run: %w", err)
	}
	c := &chunk{input: input, run: run, row: row, terms: NewTerms(run), result: newChunkResult(row)}
	if c.retrying() {
		c.parked, err = queries.BillingRunFailureListUnresolved(ctx, tx, dbsqlc.BillingRunFailureListUnresolvedParams{
			BillingRunID: input.RunID, ChunkNumber: input.Number,
		})
		if err != nil {
			return nil, fmt.Errorf("billing: parked clients: %w", err)
		}
		// Those that are parked again are counted again.
		c.result.FailedCount -= int32(len(c.parked))
	}
	return c, nil
}

// retrying reports whether the chunk was billed before and its parked clients are to be tried again.
func (c *chunk) retrying() bool {
	return c.input.RetryParked && c.row.Status != vocabulary.ChunkPlanned
}

// noteSkipped writes down which contracts are left out, wholly or for some days, and because of which lines.
func (c *chunk) noteSkipped(ctx context.Context, tx pgx.Tx, contracts []dbsqlc.BillableContractListRow) error {
	var skipped []uuid.UUID
	for _, contract := range contracts {
		if contract.AlreadyBilled || len(contract.BilledDays) > 0 {
			skipped = append(skipped, contract.ContractID)
		}
	}
	if len(skipped) == 0 {
		return nil
	}
	err := dbsqlc.New().BillingRunSkippedLineInsert(ctx, tx, dbsqlc.BillingRunSkippedLineInsertParams{
		BillingRunID: c.run.ID, ContractIDS: skipped, PeriodStart: c.run.PeriodStart, PeriodEnd: c.run.PeriodEnd,
	})
	if err != nil {
		return fmt.Errorf("billing: note skipped contracts: %w", err)
	}
	return nil
}

// reconcileCounts has the counts add up to the clients of the chunk: those who are not seen any more
// count as skipped, since their contracts have ended since the plan. A contract that has
// become active since brings one more than were planned.
func (c *chunk) reconcileCounts(seen int32) {
	planned := int32(len(c.parked))
	if !c.retrying() {
		c.result.ClientCount = max(c.result.ClientCount, seen)
		planned = c.result.ClientCount
	}
	c.result.SkippedCount += planned - seen
}

func (c *chunk) nothingToDo() bool {
	return c.row.Status != vocabulary.ChunkPlanned && len(c.parked) == 0
}

// groupByClient yields the contracts of one client after the other; they are sorted by client.
func groupByClient(contracts []dbsqlc.BillableContractListRow) func(yield func([]dbsqlc.BillableContractListRow) bool) {
	return func(yield func([]dbsqlc.BillableContractListRow) bool) {
		for start := 0; start < len(contracts); {
			end := start + 1
			for end < len(contracts) && contracts[end].ClientID == contracts[start].ClientID {
				end++
			}
			if !yield(contracts[start:end]) {
				return
			}
			start = end
		}
	}
}

// bill adds the invoice of one client, or counts why there is none.
func (c *chunk) bill(rows []dbsqlc.BillableContractListRow) error {
	statement, err := newClientStatement(rows, c.terms)
	if refused := refusal.As(err); refused != nil {
		c.park(rows[0].ClientID, string(refused.Code), refused.Message)
		return nil
	}
	if err != nil {
		return err
	}
	if statement.Subtotal == 0 {
		c.result.SkippedCount++
		return nil
	}
	c.add(rows[0], statement)
	return nil
}

// newClientStatement computes what a client owes. A subtotal of zero stands for no invoice:
// nothing is left to bill, or days that cost less than half a centime together. Those
// stay unbilled: nothing is owed for them, now or by another run.
func newClientStatement(rows []dbsqlc.BillableContractListRow, terms Terms) (Statement, error) {
	var due []Contract
	for _, row := range rows {
		if row.AlreadyBilled {
			continue
		}
		contract, err := newContract(row)
		if err != nil {
			return Statement{}, err
		}
		due = append(due, contract)
	}
	return NewStatement(due, terms)
}

// park notes a client that cannot be billed.
func (c *chunk) park(clientID uuid.UUID, code, message string) {
	c.result.FailedCount++
	c.failures = append(c.failures, dbsqlc.BillingRunFailureInsertManyParams{
		BillingRunID: c.run.ID, ClientID: clientID, ChunkNumber: c.input.Number,
		Code: code, Message: message, CreatedAt: c.input.IssuedAt,
	})
}

// add appends an invoice without its number and date of issue, which are given when the chunk is written.
func (c *chunk) add(client dbsqlc.BillableContractListRow, statement Statement) {
	id, at := db.NewID(), c.input.IssuedAt
	added := bill{invoice: dbsqlc.InvoiceInsertManyParams{
		ID: id, BillingRunID: c.run.ID, ClientID: client.ClientID, SellerCode: c.input.Seller.Code,
		PeriodStart: c.terms.Period.Start, PeriodEnd: c.terms.Period.End, DueDate: c.terms.DueDate(), Status: InvoiceIssued, Currency: c.run.Currency,
		SubtotalAmount: statement.Subtotal, TaxRate: c.terms.TaxRate, TaxAmount: statement.Tax, TotalAmount: statement.Total,
		ClientName: client.ClientName, ClientType: client.ClientType, ClientCIN: client.ClientCIN,
		ClientAddress: client.ClientAddress, IssuedAt: at, CreatedAt: at, UpdatedAt: at,
	}}
	for i, line := range statement.Lines {
		added.lines = append(added.lines, dbsqlc.InvoiceLineInsertManyParams{
			ID: db.NewID(), InvoiceID: id, Position: int32(i + 1), ContractID: line.Contract.ID, OfferID: line.Contract.OfferID,
			ServiceCategory: line.Contract.ServiceCategory, ServiceIdentifier: line.Contract.ServiceIdentifier,
			LineType: line.Type, Description: line.Description, Quantity: line.Quantity(),
			UnitAmount: line.UnitAmount, LineTotal: line.Total(), BilledDays: dayRange(line.Days), CreatedAt: at,
		})
	}
	c.bills = append(c.bills, added)
}

// issued counts an invoice that is written.
func (c *chunk) issued(invoice dbsqlc.InvoiceInsertManyParams) {
	c.result.InvoiceCount++
	c.result.SubtotalAmount += invoice.SubtotalAmount
	c.result.TaxAmount += invoice.TaxAmount
	c.result.TotalAmount += invoice.TotalAmount
}

func newContract(row dbsqlc.BillableContractListRow) (Contract, error) {
	billed, err := parseSpans(row.BilledDays)
	if err != nil {
		return Contract{}, fmt.Errorf("billing: billed days: %w", err)
	}
	return Contract{
		ID: row.ContractID, StartDate: row.StartDate, EndDate: row.EndDate, BilledDays: billed, OfferID: row.OfferID, OfferName: row.OfferName,
		ServiceCategory: row.ServiceCategory, ServiceIdentifier: row.ServiceIdentifier,
		MonthlyFee: row.MonthlyFee, ActivationFee: row.ActivationFee,
	}, nil
}

func newChunkResult(row dbsqlc.BillingRunChunk) ChunkResult {
	return ChunkResult{
		ClientCount: row.ClientCount, InvoiceCount: row.InvoiceCount, SkippedCount: row.SkippedCount,
		FailedCount: row.FailedCount, SubtotalAmount: row.SubtotalAmount, TaxAmount: row.TaxAmount,
		TotalAmount: row.TotalAmount,
	}
}
