package app

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/mtfacturation/mtf/workflows"
)

// workerStopTimeout is how long a stopping worker lets its activities finish.
const workerStopTimeout = 10 * time.Second

// startWorkers starts one worker for each task queue, has Temporal know the schedules,
// and returns what stops the workers.
func (a *App) startWorkers() (stop func(), err error) {
	var running []worker.Worker
	stop = func() {
		// The interactive queue was started first and is stopped last.
		for _, w := range slices.Backward(running) {
			w.Stop()
		}
	}
	registered, err := a.activities()
	if err != nil {
		return nil, err
	}
	for _, queue := range a.queues() {
		w := worker.New(a.Temporal, queue.name, queue.options)
		workflows.Register(w, registered)
		if err := w.Start(); err != nil {
			stop()
			return nil, fmt.Errorf("app: worker of queue %s: %w", queue.name, err)
		}
		running = append(running, w)
	}
	if err := a.ensureSchedules(); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

type queue struct {
	name    string
	options worker.Options
}

// queues lists what the workers listen on. Billing, documents and dunning take as many
// activities at once as the configuration allows, so that batches leave room for
// the interactive work beside them.
func (a *App) queues() []queue {
	return []queue{
		{workflows.InteractiveQueue, worker.Options{
			WorkerStopTimeout:                       workerStopTimeout,
			MaxConcurrentLocalActivityExecutionSize: 64,
		}},
		{workflows.BillingQueue, worker.Options{
			WorkerStopTimeout:                  workerStopTimeout,
			MaxConcurrentActivityExecutionSize: a.Config.Billing.Concurrency,
		}},
		{workflows.CollectionsSyncQueue, worker.Options{
			WorkerStopTimeout: workerStopTimeout,
			// Syncs take turns anyway: one is under way, one may wait for it.
			MaxConcurrentActivityExecutionSize: 2,
			MaxConcurrentActivityTaskPollers:   1,
		}},
		{workflows.DocumentsQueue, worker.Options{
			WorkerStopTimeout:                  workerStopTimeout,
			MaxConcurrentActivityExecutionSize: a.Config.Billing.Concurrency,
		}},
		{workflows.DunningQueue, worker.Options{
			WorkerStopTimeout: workerStopTimeout,
			// The steps of thousands of clients are due in the same hour.
			MaxConcurrentWorkflowTaskExecutionSize:  a.Config.Notify.Concurrency + 1,
			MaxConcurrentLocalActivityExecutionSize: a.Config.Notify.Concurrency,
			// An enrolment keeps one of them.
			MaxConcurrentActivityExecutionSize: a.Config.Notify.Concurrency + 1,
		}},
	}
}
