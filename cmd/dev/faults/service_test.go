package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/postgres"
)

// restartPause keeps a process that cannot start yet from using up the machine.
const restartPause = 200 * time.Millisecond

// service is one process that is started again whenever it ends, as a supervisor does.
type service struct {
	name string
	// start returns the id of the process and a channel that is closed when it ends.
	start func(ctx context.Context) (pid int, ended <-chan struct{}, err error)

	mutex sync.Mutex
	pid   int
	down  time.Duration
}

// keep runs the service until the returned function is called, which ends it in order.
func (s *service) keep(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		for ctx.Err() == nil {
			pid, ended, err := s.start(ctx)
			if err == nil {
				s.runs(pid)
				select {
				case <-ended:
				case <-ctx.Done():
					terminate(pid, ended)
				}
			} else if ctx.Err() == nil {
				t.Logf("%s does not start: %v", s.name, err)
			}
			select {
			case <-time.After(restartPause + s.runs(0)):
			case <-ctx.Done():
			}
		}
	}()
	return func() {
		cancel()
		<-over
	}
}

// runs notes which process the service is, 0 for none, and returns for how long it is to stay away.
func (s *service) runs(pid int) time.Duration {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.pid = pid
	return s.down
}

// signal sends a signal if the process runs. A process that the signal ends stays down for a time.
func (s *service) signal(signal syscall.Signal, down time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.down = down
	if s.pid != 0 {
		_ = syscall.Kill(s.pid, signal) // It may have ended just now.
	}
}

func (s *service) kill(down time.Duration) { s.signal(syscall.SIGKILL, down) }

// terminate asks a process to end, and makes it end when it does not.
func terminate(pid int, ended <-chan struct{}) {
	_ = syscall.Kill(pid, syscall.SIGCONT)
	_ = syscall.Kill(pid, syscall.SIGINT)
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		_ = syscall.Kill(pid, syscall.SIGKILL)
		<-ended
	}
}

// program is a service that is a program of this repository; what it prints goes to a file.
func program(t *testing.T, name, logs string, environment []string, path string, arguments ...string) *service {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../../bin", path))
	require.NoError(t, err)
	require.FileExists(t, path, "it is made by make build build/dev")
	log, err := os.OpenFile(filepath.Join(logs, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return &service{name: name, start: func(context.Context) (int, <-chan struct{}, error) {
		command := exec.Command(path, arguments...)
		command.Env = append(os.Environ(), environment...)
		command.Stdout, command.Stderr = log, log
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := command.Start(); err != nil {
			return 0, nil, err
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = command.Wait()
		}()
		return command.Process.Pid, ended, nil
	}}
}

// database is the service PostgreSQL, which writes to disk as it does in production. created is called once it serves for
// the first time.
func database(t *testing.T, dir string, number int, created chan<- *postgres.Server) *service {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "postgres.log"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	files := filepath.Join(dir, "postgres")
	binaries, err := postgres.SystemLocator().Locate(t.Context(), files)
	require.NoError(t, err)
	return &service{name: "postgres", start: func(ctx context.Context) (int, <-chan struct{}, error) {
		server, err := postgres.Start(ctx, binaries, postgres.Config{Dir: files, Port: number, LogFile: log})
		if err != nil {
			return 0, nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
		select {
		case created <- server:
		default:
		}
		if ctx.Err() != nil {
			return 0, nil, errors.Join(ctx.Err(), server.Stop(context.WithoutCancel(ctx)))
		}
		return server.PID(), server.Exited(), nil
	}}
}
