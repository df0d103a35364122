package benchmark_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// BenchmarkLandingSubmit is a new subscription over HTTP, with its contract document
// stored, against a workflow that does nothing but run an empty local activity.
func BenchmarkLandingSubmit(b *testing.B) {
	s := system.Start(b)
	limit := emptyWorkflow(b, s.Temporal)
	submit := submitNew(b, s)

	alone := benchmark.Compare(b, 1, 5, 2*time.Second, submit, limit)
	many := benchmark.Compare(b, 32, 5, 4*time.Second, submit, limit)
	benchmark.Report(b, "submit, 1 caller", alone, benchmark.P50AtMost(1.6), benchmark.Original(26))
	benchmark.Report(b, "submit, 32 callers", many, benchmark.AtLeast(0.6), benchmark.Original(44))
}

// submitNew subscribes a new client to a mobile offer at every call.
func submitNew(b *testing.B, s *system.System) benchmark.Operation {
	var offer struct {
		ID string `json:"id"`
	}
	s.Post(b, "/api/v1/offers", map[string]any{
		"name": "Mobile 20", "service_category": "mobile", "monthly_fee": "199.00", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	}, &offer)
	caller := benchmark.NewCaller(s.URL)
	var number atomic.Int64
	return func(int) error {
		n := number.Add(1)
		return caller.Post("/api/v1/landing/submit/new", fmt.Sprintf("bench-%08d", n), map[string]any{
			"service_category": "mobile", "offer_id": offer.ID, "cin": fmt.Sprintf("BE%08d", n), "full_name": "Leila Amrani",
			"email": "leila@example.ma", "address": "12, rue Atlas, Fès", "contact_phone": "0661000001",
			"contract_start_date": "2026-11-22", "mobile_number_mode": "assign_new",
		})
	}
}

// emptyWorkflow starts a workflow with one empty local activity and waits for its end,
// as the API starts and waits for its own.
func emptyWorkflow(b *testing.B, temporal client.Client) benchmark.Operation {
	const queue = "empty"
	w := worker.New(temporal, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteLocalActivity(ctx, func(context.Context) error { return nil }).Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Empty"})
	require.NoError(b, w.Start())
	b.Cleanup(w.Stop)
	var number atomic.Int64
	return func(int) error {
		run, err := temporal.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{
			ID: fmt.Sprintf("empty-%08d", number.Add(1)), TaskQueue: queue, EnableEagerStart: true,
		}, "Empty")
		if err != nil {
			return err
		}
		return run.Get(context.Background(), nil)
	}
}
