package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

const (
	invoiceFile = "demo-invoice.pdf"
	taxRate     = money.Rate(200_000)
)

type invoice struct {
	ID             string       `json:"id"`
	Number         string       `json:"number"`
	BillingRunID   string       `json:"billing_run_id"`
	Status         string       `json:"status"`
	SubtotalAmount money.Amount `json:"subtotal_amount"`
	TaxAmount      money.Amount `json:"tax_amount"`
	TotalAmount    money.Amount `json:"total_amount"`
}

// lastMonth is the last full month before today.
func (w *walk) lastMonth() calendar.Period {
	return calendar.MonthOf(w.Today.FirstOfMonth().AddDays(-1))
}

// billingKey is the same for a calendar month, so that a second demo in the month bills nothing twice.
func (w *walk) billingKey() string { return "demo-" + w.lastMonth().Start.String()[:len("2026-10")] }

// bill runs the last full month and follows it.
func (w *walk) bill(ctx context.Context) (string, error) {
	month := w.lastMonth()
	bar := &bar{out: w.Out}
	run, err := w.operator.RunBilling(ctx, apiclient.BillingRun{
		PeriodStart: month.Start, PeriodEnd: month.End, DueDays: 15, TaxRate: taxRate,
	}, w.billingKey(), bar.show)
	bar.end()
	if err != nil {
		return "", err
	}
	w.run = run
	switch {
	case run.Status != "completed" || run.FailedCount != 0:
		return "", fmt.Errorf("expected a completed run, got %s with %d failures", run.Status, run.FailedCount)
	case run.InvoiceCount == 0 || run.TotalAmount != run.SubtotalAmount+run.TaxAmount:
		return "", fmt.Errorf("the sums do not add up: %+v", run)
	}
	return fmt.Sprintf("%s: %d invoices, %s MAD", month, run.InvoiceCount, run.TotalAmount), nil
}

// addUp reads all invoices of the run and compares their sums with the run's.
func (w *walk) addUp(ctx context.Context) (string, error) {
	var count int
	var subtotal, tax, total money.Amount
	for page := 1; ; page++ {
		var list struct {
			Data []invoice `json:"data"`
		}
		if _, err := w.operator.Do(ctx, http.MethodGet, fmt.Sprintf("/api/v1/invoices?size=100&page=%d", page), nil, &list); err != nil {
			return "", err
		}
		if len(list.Data) == 0 {
			break
		}
		for _, issued := range list.Data {
			if issued.BillingRunID != w.run.BillingRunID {
				continue
			}
			count++
			subtotal += issued.SubtotalAmount
			tax += issued.TaxAmount
			total += issued.TotalAmount
			if w.invoiceID == "" && (issued.Status == "issued" || issued.Status == "overdue") {
				w.invoiceID = issued.ID
			}
		}
	}
	if count != w.run.InvoiceCount || subtotal != w.run.SubtotalAmount || tax != w.run.TaxAmount || total != w.run.TotalAmount {
		return "", fmt.Errorf("the run says %d invoices and %s, the list %d and %s", w.run.InvoiceCount, w.run.TotalAmount, count, total)
	}
	if w.invoiceID == "" {
		return "", fmt.Errorf("none of the %d invoices is left to pay", count)
	}
	return fmt.Sprintf("%s + %s tax = %s MAD", subtotal, tax, total), nil
}

// saveInvoice downloads an invoice.
func (w *walk) saveInvoice(ctx context.Context) (string, error) {
	answer, err := w.operator.Do(ctx, http.MethodGet, "/api/v1/invoices/"+w.invoiceID+"/pdf", nil, nil)
	if err != nil {
		return "", err
	}
	return w.save(invoiceFile, answer.Body)
}

// pay settles the invoice.
func (w *walk) pay(ctx context.Context) (string, error) {
	var due invoice
	if _, err := w.operator.Do(ctx, http.MethodGet, "/api/v1/invoices/"+w.invoiceID, nil, &due); err != nil {
		return "", err
	}
	var paid struct {
		InvoiceStatus     string       `json:"invoice_status"`
		OutstandingAmount money.Amount `json:"outstanding_amount"`
		AllocationState   string       `json:"allocation_state"`
	}
	_, err := w.operator.Do(ctx, http.MethodPost, "/api/v1/collections/payments", map[string]any{
		"invoice_id": due.ID, "amount": due.TotalAmount, "payment_date": w.Today, "method": "bank_transfer", "reference": "demo " + w.Attempt,
	}, &paid, "Idempotency-Key", "demo-payment-"+w.Attempt)
	if err != nil {
		return "", err
	}
	if paid.InvoiceStatus != "paid" || paid.OutstandingAmount != 0 || paid.AllocationState != "full" {
		return "", fmt.Errorf("expected a paid invoice, got %+v", paid)
	}
	return fmt.Sprintf("%s paid, %s MAD", due.Number, due.TotalAmount), nil
}

// bar shows a run's progress: a bar on a terminal, a line for each quarter elsewhere.
type bar struct {
	out     io.Writer
	drawn   *progressbar.ProgressBar
	quarter int
}

func (b *bar) show(now apiclient.BillingProgress) {
	done := now.Progress.BilledClients
	if now.ClientCount == 0 {
		return
	}
	if file, ok := b.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if b.drawn == nil {
			b.drawn = progressbar.NewOptions(now.ClientCount, progressbar.OptionSetWriter(file),
				progressbar.OptionSetDescription("      billing"), progressbar.OptionShowCount(), progressbar.OptionSetWidth(40),
				progressbar.OptionClearOnFinish())
		}
		_ = b.drawn.Set(done) // The bar is decoration: an error of the terminal must not end the demo.
		return
	}
	if quarter := 4 * done / now.ClientCount; quarter > b.quarter {
		b.quarter = quarter
		fmt.Fprintf(b.out, "      billing: %d of %d clients, %d invoices, %s MAD\n", done, now.ClientCount, now.InvoiceCount, now.TotalAmount)
	}
}

func (b *bar) end() {
	if b.drawn != nil {
		_ = b.drawn.Finish()
	}
}
