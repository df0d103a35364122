package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/mtfacturation/mtf/cmd/dev/postgres"
	"github.com/mtfacturation/mtf/cmd/dev/stack"
)

// The environment variables that the child command receives.
const (
	testDatabaseVariable = "MTF_TEST_DATABASE_URL"
	testTemporalVariable = "MTF_TEST_TEMPORAL_ADDRESS"
	testUIVariable       = "MTF_TEST_TEMPORAL_UI_URL"
)

// execCommand runs a command beside a stack that exists for it alone.
type execCommand struct {
	UI      bool     `name:"ui" help:"Start the Temporal UI too."`
	Durable bool     `name:"durable" help:"Let PostgreSQL write to disk as it does in production, for measurements."`
	Command []string `arg:"" passthrough:"partial" help:"The command and its arguments, after --."`
}

// Help is shown by mtf-dev exec --help.
func (execCommand) Help() string {
	return `The command finds in its environment:
  MTF_TEST_DATABASE_URL      an empty database of a PostgreSQL superuser, to create others from
  MTF_TEST_TEMPORAL_ADDRESS  a Temporal server with the namespace default
  MTF_TEST_TEMPORAL_UI_URL   the Temporal UI, with --ui

Both servers run on free ports in a temporary directory that is removed at the end, and without durability unless
--durable is given.`
}

// childEnded is the exit code of a child command that failed. The child has said why, so it is not printed.
type childEnded int

func (c childEnded) Error() string { return fmt.Sprintf("the command ended with code %d", int(c)) }

// Run starts the stack and the command, passes signals on to the command, and stops the stack when the command ends. The
// error is childEnded when the command failed.
func (c *execCommand) Run() error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	dir, err := os.MkdirTemp("", "mtf-exec-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	starting := make(chan struct{})
	cancelled := make(chan os.Signal, 1)
	go func() {
		select {
		case received := <-signals:
			cancelled <- received
			cancel()
		case <-starting:
		}
	}()
	s, err := stack.Start(ctx, stack.Config{
		DataDir:   dir,
		Namespace: "default",
		Fast:      !c.Durable,
		WithoutUI: !c.UI,
		Locator:   postgres.SystemLocator(),
		Progress:  io.Discard,
	})
	close(starting)
	if err != nil {
		select {
		case received := <-cancelled:
			return signalled(received)
		default:
			return err
		}
	}
	err = c.runChild(s, signals)
	return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
}

// runChild runs the command to its end.
func (c *execCommand) runChild(s *stack.Stack, signals <-chan os.Signal) error {
	endpoints := s.Endpoints()
	command := c.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		return errors.New("exec needs a command: mtf-dev exec -- go test ./...")
	}
	child := exec.Command(command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.Env = append(os.Environ(),
		testDatabaseVariable+"="+endpoints.MaintenanceURL,
		testTemporalVariable+"="+endpoints.TemporalAddress,
	)
	if endpoints.TemporalUIURL != "" {
		child.Env = append(child.Env, testUIVariable+"="+endpoints.TemporalUIURL)
	}
	// In a terminal the child must stay in the foreground group, where it receives Ctrl-C directly. Elsewhere its own group
	// lets a signal reach its children too.
	ownGroup := !term.IsTerminal(int(os.Stdin.Fd()))
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: ownGroup}
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case received := <-signals:
			pass(received.(syscall.Signal), child.Process.Pid, ownGroup)
		case failure := <-s.Failed():
			pass(syscall.SIGTERM, child.Process.Pid, ownGroup)
			<-ended
			return failure
		case err := <-ended:
			return childError(err)
		}
	}
}

// pass sends a signal on to the child, unless the terminal has sent it to the child already.
func pass(received syscall.Signal, pid int, ownGroup bool) {
	switch {
	case ownGroup:
		_ = syscall.Kill(-pid, received)
	case received != syscall.SIGINT && received != syscall.SIGQUIT:
		_ = syscall.Kill(pid, received)
	}
}

// childError turns the child's end into the error that carries its exit code, as a shell would give it.
func childError(err error) error {
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		return err
	}
	if status, ok := failed.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled(status.Signal())
	}
	return childEnded(failed.ExitCode())
}

// signalled is the exit code of a process that a signal ended.
func signalled(by os.Signal) childEnded {
	number, _ := by.(syscall.Signal)
	return childEnded(128 + int(number))
}
