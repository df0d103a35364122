package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/mtfacturation/mtf/workflows"
)

// workerStopTimeout bounds how long a stopping worker waits, in turn, for its workflow
// tasks, its local activities and its activities. The shutdown request to Temporal may take 10 s.
// Together with drainTimeout and flushTimeout this stays below the promised minute for a stop.
const workerStopTimeout = 8 * time.Second

// lostQueue is the error of a worker that Temporal turns away for good, and which the SDK
// has stopped: its namespace is gone, or the program is too old for the server.
type lostQueue struct {
	queue string
	err   error
}

func (l *lostQueue) Error() string {
	return fmt.Sprintf("app: the worker of queue %s cannot continue: %v", l.queue, l.err)
}

func (l *lostQueue) Unwrap() error { return l.err }

// startWorkers starts one worker per task queue, ensures the schedules, and returns a
// function that stops the workers. It calls lost if a worker fails.
func (a *App) startWorkers(lost context.CancelCauseFunc) (stop func(), err error) {
	var running []worker.Worker
	stop = func() {
		// All at once: each may need its whole time, and none waits for what another one does.
		var stopping sync.WaitGroup
		for _, w := range running {
			stopping.Go(w.Stop)
		}
		stopping.Wait()
	}
	registered, err := a.activities()
	if err != nil {
		return nil, err
	}
	for _, queue := range a.queues() {
		queue.options.WorkerStopTimeout = workerStopTimeout
		queue.options.OnFatalError = func(err error) { lost(&lostQueue{queue: queue.name, err: err}) }
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
			MaxConcurrentLocalActivityExecutionSize: 64,
		}},
		{workflows.BillingQueue, worker.Options{
			MaxConcurrentActivityExecutionSize: a.Config.Billing.Concurrency,
		}},
		{workflows.CollectionsSyncQueue, worker.Options{
			// Syncs are serialised: one runs, and one may wait for it.
			MaxConcurrentActivityExecutionSize: 2,
			MaxConcurrentActivityTaskPollers:   1,
		}},
		{workflows.DocumentsQueue, worker.Options{
			MaxConcurrentActivityExecutionSize: a.Config.Billing.Concurrency,
		}},
		{workflows.DunningQueue, worker.Options{
			// The steps of thousands of clients are due in the same hour.
			MaxConcurrentWorkflowTaskExecutionSize:  a.Config.Notify.Concurrency + 1,
			MaxConcurrentLocalActivityExecutionSize: a.Config.Notify.Concurrency,
			// An enrolment keeps one of them.
			MaxConcurrentActivityExecutionSize: a.Config.Notify.Concurrency + 1,
		}},
	}
}
