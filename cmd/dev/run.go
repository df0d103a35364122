package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mtfacturation/mtf/cmd/dev/stack"
	"github.com/mtfacturation/mtf/internal/telemetry"
)

// drainLimit bounds the application's own stop, after which what it runs on is stopped all the same.
const drainLimit = 30 * time.Second

// explainLimit is how long after the application's end that of a part of the stack counts as its reason.
const explainLimit = 2 * time.Second

// faultStopLimit bounds the stop of the whole stack after a fault.
const faultStopLimit = 5 * time.Second

// runCommand runs the whole system. Its settings are environment variables; see stack.FromEnvironment.
type runCommand struct{}

// Help is shown by mtf-dev run --help.
func (runCommand) Help() string {
	return `Environment (a port of 0 means any free port):
  MTF_DATA_DIR          directory of all data (.data)
  MTF_API_PORT          port of the API (8000)
  MTF_METRICS_PORT      port of the metrics (9464)
  MTF_TEMPORAL_PORT     port of Temporal (7233)
  MTF_TEMPORAL_UI_PORT  port of the Temporal UI (8233)
  MTF_POSTGRES_PORT     port of PostgreSQL (5433)
  MTF_POSTGRES_BIN      directory of PostgreSQL's programs, instead of looking for them
  DATABASE_URL          a database to use for the application instead of the embedded one;
                        Temporal still has its own unless TEMPORAL_ADDRESS is set too
  TEMPORAL_ADDRESS      a Temporal server to use instead of the embedded one
  TEMPORAL_NAMESPACE    namespace of the application (default)`
}

// Run keeps the system running until a signal stops it.
func (runCommand) Run() error {
	config, err := stack.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	return runStack(config, func(_ context.Context, endpoints stack.Endpoints) (stay bool, err error) {
		announce(endpoints)
		return true, nil
	})
}

// visit is what a command does once requests are served. The system is stopped after it unless it wants to stay.
type visit func(ctx context.Context, endpoints stack.Endpoints) (stay bool, err error)

// runStack starts the stack, then the application, and returns nil once a signal, or the end of the visit, has stopped
// both. The first SIGINT, SIGTERM or SIGHUP lets the application drain before the stack is stopped; a second one stops the
// stack in a hurry.
func runStack(config stack.Config, visit visit) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // It is ignored under nohup, and must stay so.
		signal.Notify(signals, syscall.SIGHUP)
	}
	asked, hurry := stopContexts(signals)

	s, err := stack.Start(asked, config)
	if err != nil {
		if asked.Err() != nil {
			return nil // The user requested the stop, so the interrupted start is not a fault.
		}
		return err
	}
	err = serve(asked, hurry, s, visit)
	fmt.Fprintln(os.Stderr, "stopping …")
	if err != nil {
		// The other parts may wait for the failed part. The first fault explains the faults of the stop.
		limited, cancel := context.WithTimeout(hurry, faultStopLimit)
		defer cancel()
		_ = s.Stop(limited)
		return err
	}
	if err := s.Stop(hurry); hurry.Err() == nil {
		return err
	}
	return nil // The user did not want to wait for an orderly stop.
}

// announce prints the addresses of all parts.
func announce(endpoints stack.Endpoints) {
	fmt.Fprintf(os.Stderr, "ready: API http://%s  Temporal UI %s  metrics http://%s%s  data %s (Ctrl-C stops all of it)\n",
		endpoints.APIAddress, endpoints.TemporalUIURL, endpoints.MetricsAddress, telemetry.MetricsPath, endpoints.DataDir)
}

// explain returns why the application could not continue: the end of a server it needs if one is noticed soon after, or
// its own error otherwise.
func explain(err error, failed <-chan error) error {
	if err == nil {
		return nil
	}
	select {
	case failure := <-failed:
		return failure
	case <-time.After(explainLimit):
		return err
	}
}

// stopContexts returns two contexts: the first ends with the first signal, the second with the second.
func stopContexts(signals <-chan os.Signal) (asked, hurry context.Context) {
	asked, ask := context.WithCancel(context.Background())
	hurry, rush := context.WithCancel(context.Background())
	go func() {
		<-signals
		ask()
		<-signals
		rush()
	}()
	return asked, hurry
}

// serve runs the application until asked ends, something fails or the visit is over, and returns once the application has
// drained, or the limit is over, or hurry ends.
func serve(asked, hurry context.Context, s *stack.Stack, visit visit) error {
	application, drain := context.WithCancel(asked)
	defer drain()
	ended, visited, ready := make(chan error, 1), make(chan error, 1), make(chan struct{})
	go func() { ended <- runApplication(application, s.Endpoints(), func() { close(ready) }) }()
	go func() {
		select {
		case <-ready:
		case <-application.Done():
			return
		}
		if stay, err := visit(application, s.Endpoints()); err != nil || !stay {
			visited <- err
		}
	}()
	var failure error
	select {
	case err := <-ended:
		return explain(err, s.Failed())
	case failure = <-s.Failed():
		drain()
	case failure = <-visited:
		drain()
	case <-asked.Done():
	}
	select {
	case err := <-ended:
		if failure != nil {
			return failure
		}
		return err
	case <-time.After(drainLimit):
		return errors.Join(failure, fmt.Errorf("the application did not stop within %s", drainLimit))
	case <-hurry.Done():
		return failure
	}
}
