package apiclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// pollInterval is how often a running billing run is looked at.
const pollInterval = 250 * time.Millisecond

// BillingRun asks for a billing run.
type BillingRun struct {
	PeriodStart calendar.Date `json:"period_start"`
	PeriodEnd   calendar.Date `json:"period_end"`
	DueDays     int           `json:"due_days"`
	TaxRate     money.Rate    `json:"tax_rate"`
	// Proration is none or daily; none when it is empty.
	Proration string `json:"proration,omitempty"`
}

// BillingResult is what a run issued.
type BillingResult struct {
	BillingRunID        string        `json:"billing_run_id"`
	PeriodStart         calendar.Date `json:"period_start"`
	PeriodEnd           calendar.Date `json:"period_end"`
	Status              string        `json:"status"`
	InvoiceCount        int           `json:"invoice_count"`
	SkippedCount        int           `json:"skipped_count"`
	FailedCount         int           `json:"failed_count"`
	SubtotalAmount      money.Amount  `json:"subtotal_amount"`
	TaxAmount           money.Amount  `json:"tax_amount"`
	TotalAmount         money.Amount  `json:"total_amount"`
	InvoiceIDs          []string      `json:"invoice_ids"`
	InvoiceIDsTruncated bool          `json:"invoice_ids_truncated"`
	IdempotencyReplayed bool          `json:"idempotency_replayed"`
}

// BillingProgress is where a run is.
type BillingProgress struct {
	ID               string        `json:"id"`
	WorkflowID       string        `json:"workflow_id"`
	Status           string        `json:"status"`
	IdempotencyKey   string        `json:"idempotency_key"`
	PeriodStart      calendar.Date `json:"period_start"`
	PeriodEnd        calendar.Date `json:"period_end"`
	SkippedCount     int           `json:"skipped_count"`
	FailedCount      int           `json:"failed_count"`
	HoldReason       *string       `json:"hold_reason"`
	Fault            *string       `json:"fault"`
	ClientsPerSecond float64       `json:"clients_per_second"`
	RemainingSeconds *float64      `json:"remaining_seconds"`
	// Events are there when a single run was asked for.
	Events []RunEvent `json:"events"`
	// Whole is the answer as it came.
	Whole        json.RawMessage `json:"-"`
	ClientCount  int             `json:"client_count"`
	ChunkCount   int             `json:"chunk_count"`
	InvoiceCount int             `json:"invoice_count"`
	TotalAmount  money.Amount    `json:"total_amount"`
	Progress     struct {
		BilledClients    int `json:"billed_clients"`
		BilledChunks     int `json:"billed_chunks"`
		DocumentedChunks int `json:"documented_chunks"`
		Documents        int `json:"documents"`
	} `json:"progress"`
}

// RunEvent is a move of a run.
type RunEvent struct {
	FromStatus string  `json:"from_status"`
	ToStatus   string  `json:"to_status"`
	ActorID    string  `json:"actor_id"`
	Reason     *string `json:"reason"`
	CreatedAt  string  `json:"created_at"`
}

// RunBilling starts a run, or joins the one of the same key, and follows it to its
// end, over times in which the API is away. progress is called whenever there is news;
// it may be nil. Cancelling ctx stops following, not the run.
func (c *Client) RunBilling(ctx context.Context, run BillingRun, key string, progress func(BillingProgress)) (BillingResult, error) {
	var result BillingResult
	started, err := c.Do(ctx, http.MethodPost, runsPath, run, nil, "Idempotency-Key", key, "Prefer", "respond-async")
	if err != nil {
		return result, err
	}
	if started.Status == http.StatusAccepted {
		last, err := c.follow(ctx, started.Header.Get("Location"), progress)
		if err != nil {
			return result, err
		}
		// The same request again would take a failed run up again.
		if last.Fault != nil {
			return result, fmt.Errorf("apiclient: run %s failed: %s", last.ID, *last.Fault)
		}
	}
	// The same request again: the run's stored answer, or the rest of the wait for it.
	err = c.persistently(ctx, func() error {
		_, err := c.Do(ctx, http.MethodPost, runsPath, run, &result, "Idempotency-Key", key, "Prefer", "wait=60")
		return err
	})
	return result, err
}

// follow polls a run until it has ended, and returns it as it is then.
func (c *Client) follow(ctx context.Context, location string, progress func(BillingProgress)) (BillingProgress, error) {
	for {
		var now BillingProgress
		err := c.persistently(ctx, func() error {
			_, err := c.Do(ctx, http.MethodGet, location, nil, &now)
			return err
		})
		switch {
		case HasCode(err, "billing_run_not_found"):
			// It is accepted but not planned yet.
		case err != nil:
			return now, err
		default:
			if progress != nil {
				progress(now)
			}
			if now.Ended() {
				return now, nil
			}
		}
		if err := pause(ctx); err != nil {
			return now, err
		}
	}
}

// Ended reports whether nothing more will happen in the run.
func (p BillingProgress) Ended() bool {
	switch p.Status {
	case "completed", "completed_with_failures", "cancelled", "failed":
		return true
	}
	return false
}
