// Package postgres runs a private PostgreSQL server for development and tests: it finds or fetches the programs, creates
// the data directory, starts the server on the loopback address and stops it.
//
// The server belongs to the program that started it. It listens on 127.0.0.1 only, asks for a generated password, and
// goes down with the program. No data directory is ever overwritten or removed.
package postgres

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/cmd/dev/port"
)

const (
	// User is the superuser of the server; its password is generated.
	User = "mtf"
	// MaintenanceDatabase exists on every server and holds nothing.
	MaintenanceDatabase = "postgres"
	// MaxConnections leaves room for Temporal (about 100 when busy) beside the application and its tests.
	MaxConnections = 200

	// readyLimit covers the recovery after a crash in the middle of heavy writing.
	readyLimit = 2 * time.Minute
)

// Config describes a server to start.
type Config struct {
	// Dir holds the data directory and the password; it is created when it does not exist. Its parent must exist.
	Dir string
	// Port of 127.0.0.1; 0 means any free port.
	Port int
	// LogFile receives what the server prints. It must be set.
	LogFile *os.File
	// Fast gives up durability for speed: a crash loses the data. For tests whose directory is thrown away.
	Fast bool
}

// Server is a running PostgreSQL.
type Server struct {
	config   Config
	binaries Binaries
	password string
	process  *process
}

// Start creates the data directory if there is none, ends a server left behind on it, starts the server and returns once
// it answers. The programs come from Locator.Locate for the same directory; the caller must keep other programs away
// from the directory. The error is one sentence for the user, and nothing is left running.
func Start(ctx context.Context, binaries Binaries, config Config) (*Server, error) {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, err
	}
	config.Dir = dir
	if config.Port == 0 {
		if config.Port, err = port.Free(); err != nil {
			return nil, err
		}
	}
	if err := initialise(ctx, binaries, dir, config.Fast); err != nil {
		return nil, err
	}
	if err := StopStale(ctx, dir); err != nil {
		return nil, err
	}
	password, err := os.ReadFile(filepath.Join(dir, passwordName))
	if err != nil {
		return nil, err
	}
	who, err := chooseAccount(ctx, binaries, dir)
	if err != nil {
		return nil, err
	}
	if err := who.own(dir); err != nil {
		return nil, err
	}
	s := &Server{config: config, binaries: binaries, password: strings.TrimSpace(string(password))}
	cmd := exec.Command(binaries.program("postgres"), s.arguments()...)
	cmd.Dir = dir
	cmd.Env = serverEnvironment()
	cmd.Stdout, cmd.Stderr = config.LogFile, config.LogFile
	cmd.SysProcAttr = who.attributes()
	if s.process, err = launch(cmd); err != nil {
		return nil, fmt.Errorf("start PostgreSQL %s: %w", binaries.Version, err)
	}
	if err := s.becomeReady(ctx); err != nil {
		_ = s.Stop(context.WithoutCancel(ctx))
		return nil, err
	}
	return s, nil
}

// arguments are the settings of the server. They are given at every start, so that the data directory holds none that
// could grow old.
func (s *Server) arguments() []string {
	settings := []string{
		"port=" + strconv.Itoa(s.config.Port),
		"listen_addresses=" + port.Loopback,
		"unix_socket_directories=",
		"max_connections=" + strconv.Itoa(MaxConnections),
		"shared_buffers=1GB",
		"max_wal_size=4GB",
		"logging_collector=off",
		"log_destination=stderr",
		"log_line_prefix=%m [%p] ",
		"log_timezone=UTC",
		"timezone=UTC",
	}
	if s.config.Fast {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	arguments := []string{"-D", filepath.Join(s.config.Dir, dataName)}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// serverEnvironment is this program's environment without the variables that redirect PostgreSQL's own programs.
func serverEnvironment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "PG") && !strings.HasPrefix(variable, "LC_") && !strings.HasPrefix(variable, "LANG") {
			kept = append(kept, variable)
		}
	}
	return append(kept, "LC_ALL=C")
}

// becomeReady waits until the server answers a query.
func (s *Server) becomeReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL(MaintenanceDatabase))
		if err == nil {
			defer conn.Close(context.WithoutCancel(ctx))
			return s.checkExtensions(ctx, conn)
		}
		select {
		case <-s.process.exited:
			return fmt.Errorf("PostgreSQL %s stopped while starting: %s", s.binaries.Version, lastComplaint(s.config.LogFile))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL %s did not answer in time: %w", s.binaries.Version, ctx.Err())
		case <-tick.C:
		}
	}
}

// URL returns the address of a database on the server, with the user and the password.
func (s *Server) URL(database string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(User, s.password),
		Host:     port.Address(s.config.Port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// PID returns the number of the server's first process, the postmaster.
func (s *Server) PID() int { return s.process.handle.Pid }

// Exited is closed when the server has ended, for whatever reason.
func (s *Server) Exited() <-chan struct{} { return s.process.exited }

// Ending says how the server ended, "signal: killed" for instance; "" as long as it runs.
func (s *Server) Ending() string {
	select {
	case <-s.process.exited:
		return s.process.state.String()
	default:
		return ""
	}
}

// Stop shuts the server down in order (clients are disconnected, what is committed is written out). If ctx ends
// first, Stop shuts the server down immediately; no data is lost, but the next start recovers. No process is left when it
// returns nil.
func (s *Server) Stop(ctx context.Context) error {
	if end(s.process, syscall.SIGINT, ctx.Done()) ||
		end(s.process, syscall.SIGQUIT, time.After(10*time.Second)) ||
		end(s.process, syscall.SIGKILL, time.After(5*time.Second)) {
		return nil
	}
	return fmt.Errorf("PostgreSQL, process %d, does not stop", s.process.handle.Pid)
}

// end sends the signal and reports whether the server has ended before limit yields.
func end[T any](p *process, signal syscall.Signal, limit <-chan T) bool {
	_ = p.handle.Signal(signal) // It fails only when the process has ended.
	select {
	case <-p.exited:
		return true
	case <-limit:
		return false
	}
}
