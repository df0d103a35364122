package benchmark_test

import (
	"context"
	"crypto/sha256"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// bareLoop bills without workflows, retries, states or locks of chunks: each core
// takes one range of clients after the other, commits its rows and stores its documents.
type bareLoop struct {
	pool       *pgxpool.Pool
	store      *filestore.DirectoryStore
	renderer   *pdf.Renderer
	letterhead uuid.UUID
	run        dbsqlc.BillingRun
	seller     billing.Seller
}

// billBare bills in the loop and returns the invoices per second.
func billBare(b *testing.B, pool *pgxpool.Pool, directory string) float64 {
	begun := time.Now()
	loop := newBareLoop(b, pool, directory)
	chunks := loop.plan(b)
	group, ctx := errgroup.WithContext(context.Background())
	next := make(chan [2]uuid.UUID, len(chunks))
	for _, chunk := range chunks {
		next <- chunk
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for chunk := range next {
				if err := loop.bill(ctx, chunk); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(b, group.Wait())
	return perSecond(b, pool, directory, time.Since(begun))
}

func newBareLoop(b *testing.B, pool *pgxpool.Pool, directory string) *bareLoop {
	b.Helper()
	loop := &bareLoop{pool: pool, seller: billing.Seller{Code: "MTF", NumberPrefix: "FA"}}
	var err error
	loop.store, err = filestore.NewDirectoryStore(directory)
	require.NoError(b, err)
	loop.renderer, err = pdf.NewRenderer(pdf.Letterhead{Name: "Opérateur d'essai"})
	require.NoError(b, err)
	require.NoError(b, pool.QueryRow(context.Background(), "SELECT id FROM letterheads LIMIT 1").Scan(&loop.letterhead))
	return loop
}

func (l *bareLoop) plan(b *testing.B) (chunks [][2]uuid.UUID) {
	b.Helper()
	ctx := context.Background()
	var plan billing.Plan
	require.NoError(b, pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) (err error) {
		plan, err = billing.PlanRun(ctx, tx, billing.PlanInput{
			RunID: uuid.New(), Request: idempotency.Request{Operation: "bare", Key: "bare-loop", Fingerprint: make([]byte, 32)},
			Terms: billing.Terms{Period: billedMonth, DueDays: 15, TaxRate: 200_000}, ActorID: "bench", ChunkSize: billedChunk,
		}, system.Today)
		return err
	}))
	var err error
	l.run, err = dbsqlc.New().BillingRunGetByID(ctx, l.pool, plan.RunID)
	require.NoError(b, err)
	rows, err := l.pool.Query(ctx, "SELECT first_client_id, last_client_id FROM billing_run_chunks WHERE billing_run_id = $1 ORDER BY number", l.run.ID)
	require.NoError(b, err)
	chunks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (chunk [2]uuid.UUID, err error) {
		return chunk, row.Scan(&chunk[0], &chunk[1])
	})
	require.NoError(b, err)
	return chunks
}

// bill commits the rows first: while files are written, numbers are free for others.
func (l *bareLoop) bill(ctx context.Context, chunk [2]uuid.UUID) error {
	var invoices []dbsqlc.InvoiceInsertManyParams
	var lines []dbsqlc.InvoiceLineInsertManyParams
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) (err error) {
		invoices, lines, err = l.issue(ctx, tx, chunk)
		return err
	})
	if err != nil {
		return err
	}
	return l.file(ctx, invoices, lines)
}

func (l *bareLoop) issue(ctx context.Context, tx pgx.Tx, chunk [2]uuid.UUID) (invoices []dbsqlc.InvoiceInsertManyParams, lines []dbsqlc.InvoiceLineInsertManyParams, err error) {
	queries := dbsqlc.New()
	contracts, err := queries.BillableContractList(ctx, tx, dbsqlc.BillableContractListParams{
		FirstClientID: chunk[0], LastClientID: chunk[1], PeriodStart: billedMonth.Start, PeriodEnd: billedMonth.End,
		PlannedAt: l.run.PlannedAt,
	})
	if err != nil {
		return nil, nil, err
	}
	invoices, lines = l.compute(contracts)
	reserved, err := queries.InvoiceNumberReserve(ctx, tx, dbsqlc.InvoiceNumberReserveParams{
		SellerCode: l.seller.Code, Year: 2026, Count: int64(len(invoices)), IssueDate: invoices[0].IssueDate,
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range invoices {
		sequence := reserved.LastNumber - int64(len(invoices)) + 1 + int64(i)
		invoices[i].NumberYear, invoices[i].NumberSequence = 2026, sequence
		invoices[i].Number = l.seller.Number(2026, sequence)
	}
	if _, err := queries.InvoiceInsertMany(ctx, tx, invoices); err != nil {
		return nil, nil, err
	}
	if _, err := queries.InvoiceLineInsertMany(ctx, tx, lines); err != nil {
		return nil, nil, err
	}
	ids := make([]uuid.UUID, len(invoices))
	for i, invoice := range invoices {
		ids[i] = invoice.ID
	}
	return invoices, lines, ledger.PostInvoices(ctx, tx, ids, l.run.ActorID)
}

func (l *bareLoop) compute(contracts []dbsqlc.BillableContractListRow) (invoices []dbsqlc.InvoiceInsertManyParams, lines []dbsqlc.InvoiceLineInsertManyParams) {
	at, terms := system.Today, billing.NewTerms(l.run)
	for start := 0; start < len(contracts); {
		client := contracts[start]
		var due []billing.Contract
		for ; start < len(contracts) && contracts[start].ClientID == client.ClientID; start++ {
			row := contracts[start]
			due = append(due, billing.Contract{
				ID: row.ContractID, StartDate: row.StartDate, OfferID: row.OfferID, OfferName: row.OfferName, ServiceCategory: row.ServiceCategory,
				ServiceIdentifier: row.ServiceIdentifier, MonthlyFee: row.MonthlyFee, ActivationFee: row.ActivationFee,
			})
		}
		statement, err := billing.NewStatement(due, terms)
		if err != nil {
			continue
		}
		id := db.NewID()
		invoices = append(invoices, dbsqlc.InvoiceInsertManyParams{
			ID: id, BillingRunID: l.run.ID, ClientID: client.ClientID, SellerCode: l.seller.Code, PeriodStart: terms.Period.Start,
			PeriodEnd: terms.Period.End, IssueDate: calendar.NewDate(2026, time.November, 22), DueDate: terms.DueDate(),
			Status: billing.InvoiceIssued, Currency: billing.Currency, SubtotalAmount: statement.Subtotal, TaxRate: terms.TaxRate,
			TaxAmount: statement.Tax, TotalAmount: statement.Total, ClientName: client.ClientName, ClientType: client.ClientType,
			ClientCIN: client.ClientCIN, ClientAddress: client.ClientAddress, IssuedAt: at, CreatedAt: at, UpdatedAt: at,
		})
		for i, line := range statement.Lines {
			added := dbsqlc.InvoiceLineInsertManyParams{
				ID: db.NewID(), InvoiceID: id, Position: int32(i + 1), ContractID: line.Contract.ID, OfferID: line.Contract.OfferID,
				ServiceCategory: line.Contract.ServiceCategory, ServiceIdentifier: line.Contract.ServiceIdentifier, LineType: line.Type,
				Description: line.Description, Quantity: line.Quantity(), UnitAmount: line.UnitAmount, LineTotal: line.Total(), CreatedAt: at,
			}
			if line.Days != nil {
				lower, _ := line.Days.Start.DateValue()
				upper, _ := line.Days.End.AddDays(1).DateValue()
				added.BilledDays = pgtype.Range[pgtype.Date]{Lower: lower, Upper: upper, LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true}
			}
			lines = append(lines, added)
		}
	}
	return invoices, lines
}

// file renders and stores the documents of invoices and registers them.
func (l *bareLoop) file(ctx context.Context, invoices []dbsqlc.InvoiceInsertManyParams, lines []dbsqlc.InvoiceLineInsertManyParams) error {
	register := dbsqlc.DocumentInsertInvoicesParams{LetterheadID: l.letterhead, Now: system.Today}
	for _, invoice := range invoices {
		content := shownOf(invoice)
		for ; len(lines) > 0 && lines[0].InvoiceID == invoice.ID; lines = lines[1:] {
			content.Lines = append(content.Lines, pdf.InvoiceLine{
				Description: lines[0].Description, ServiceIdentifier: lines[0].ServiceIdentifier, PeriodStart: billedMonth.Start,
				PeriodEnd: billedMonth.End, Quantity: int(lines[0].Quantity), UnitAmount: lines[0].UnitAmount, Total: lines[0].LineTotal,
			})
		}
		rendered, err := l.renderer.RenderInvoice(content)
		if err != nil {
			return err
		}
		key, sum := filestore.InvoiceKey(invoice.ID), sha256.Sum256(rendered)
		if err := l.store.Put(ctx, key, rendered); err != nil {
			return err
		}
		register.IDS, register.InvoiceIDS = append(register.IDS, db.NewID()), append(register.InvoiceIDS, invoice.ID)
		register.FileNames = append(register.FileNames, filestore.InvoiceFileName(invoice.ID))
		register.StorageKeys = append(register.StorageKeys, key)
		register.Sha256s, register.Sizes = append(register.Sha256s, sum[:]), append(register.Sizes, int32(len(rendered)))
	}
	return dbsqlc.New().DocumentInsertInvoices(ctx, l.pool, register)
}

func shownOf(invoice dbsqlc.InvoiceInsertManyParams) pdf.InvoiceContent {
	shown := pdf.InvoiceContent{
		InvoiceID: invoice.ID, Number: invoice.Number, IssuedAt: invoice.IssuedAt, IssueDate: invoice.IssueDate, DueDate: invoice.DueDate,
		PeriodStart: invoice.PeriodStart, PeriodEnd: invoice.PeriodEnd, Currency: invoice.Currency,
		Client:   pdf.Client{Type: pdf.ClientType(invoice.ClientType), FullName: invoice.ClientName},
		Subtotal: invoice.SubtotalAmount, TaxRate: invoice.TaxRate, Tax: invoice.TaxAmount, Total: invoice.TotalAmount,
	}
	if invoice.ClientCIN != nil {
		shown.Client.CIN = *invoice.ClientCIN
	}
	if invoice.ClientAddress != nil {
		shown.Client.Address = *invoice.ClientAddress
	}
	return shown
}
