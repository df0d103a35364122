// Package demo walks through the system's main job over HTTP, as its clients and operators would, and checks every answer.
package demo

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// Stage is where and when a walk takes place.
type Stage struct {
	APIURL string
	UIURL  string
	// Folder is where the PDFs are saved.
	Folder string
	// Today is the business day.
	Today calendar.Date
	// Attempt distinguishes walks on the same data: digits only.
	Attempt string
	// Out receives a line for each step.
	Out io.Writer
}

// walk is one walk with what its steps have found.
type walk struct {
	Stage
	visitor  *apiclient.Client // The public landing page: no identity.
	operator *apiclient.Client

	offers       map[string][]offerSummary // On sale, by category.
	subscription submitted
	run          apiclient.BillingResult
	invoiceID    string
}

// Walk goes through the main job. The error names the first step that failed or was not as it should be.
func Walk(ctx context.Context, stage Stage) error {
	w := &walk{
		Stage:    stage,
		visitor:  apiclient.New(stage.APIURL, ""),
		operator: apiclient.New(stage.APIURL, "demo-operator:ops,billing"),
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"landing bootstrap", w.bootstrap},
		{"new subscription", w.subscribe},
		{"contract PDF", w.saveContract},
		{"plan change", w.changePlan},
		{"billing run", w.bill},
		{"invoices add up", w.addUp},
		{"invoice PDF", w.saveInvoice},
		{"payment", w.pay},
	} {
		told, err := step.do(ctx)
		if err != nil {
			return fmt.Errorf("demo: %s: %w", step.name, err)
		}
		fmt.Fprintf(w.Out, "  ok  %-18s %s\n", step.name, told)
	}
	w.summary()
	return nil
}

// summary prints where to look next.
func (w *walk) summary() {
	fmt.Fprintf(w.Out, "\nAPI docs          %s/docs\n", w.APIURL)
	fmt.Fprintf(w.Out, "Temporal UI       %s/namespaces/default/workflows\n", w.UIURL)
	fmt.Fprintf(w.Out, "the billing run   %s\n", w.workflowURL("billing-run/"+w.billingKey()))
	fmt.Fprintf(w.Out, "the subscription  %s\n", w.workflowURL("landing-new/"+w.subscriptionKey()))
	fmt.Fprintf(w.Out, "PDFs              %s  %s\n", filepath.Join(w.Folder, contractFile), filepath.Join(w.Folder, invoiceFile))
	fmt.Fprintln(w.Out, "Every step was checked.")
}

func (w *walk) workflowURL(id string) string {
	return w.UIURL + "/namespaces/default/workflows/" + url.PathEscape(id)
}

// save keeps a PDF in the walk's folder.
func (w *walk) save(name string, content []byte) (string, error) {
	const header = "%PDF-1.4"
	if len(content) < len(header) || string(content[:len(header)]) != header {
		return "", fmt.Errorf("the answer is not a PDF: it begins with %.20q", content)
	}
	path := filepath.Join(w.Folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %d bytes", path, len(content)), nil
}
