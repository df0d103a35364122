package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/port"
	"github.com/mtfacturation/mtf/cmd/dev/postgres"
	"github.com/mtfacturation/mtf/cmd/dev/stack"
)

// asProgram makes the test binary behave as mtf-dev, so that the tests drive the real program as a child process.
const asProgram = "MTF_DEV_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	// startLimit and stopLimit are many times what a start and a stop take on a busy machine.
	startLimit = 2 * time.Minute
	stopLimit  = time.Minute
)

// site is where a child works: a data directory and five ports that no other test uses.
type site struct {
	dataDir                                                  string
	apiPort, metricsPort, temporalPort, uiPort, postgresPort string
}

// newSite returns a site whose data directory does not exist yet, below a directory that is closed to other users. Before
// the directory is removed, every server that still uses it is stopped: a PostgreSQL whose parent was killed writes until
// its shutdown is complete.
func newSite(t *testing.T) site {
	t.Helper()
	private := filepath.Join(t.TempDir(), "private")
	require.NoError(t, os.Mkdir(private, 0o700))
	dataDir := filepath.Join(private, ".data")
	t.Cleanup(func() {
		require.NoError(t, postgres.StopStale(context.Background(), filepath.Join(dataDir, "postgres")))
		awaitNothing(t, dataDir)
	})
	number := func() string {
		free, err := port.Free()
		require.NoError(t, err)
		return strconv.Itoa(free)
	}
	return site{dataDir, number(), number(), number(), number(), number()}
}

// environment is this process's own, with the site in place of anything that says where the stack is.
func (s site) environment() []string {
	environment := []string{asProgram + "=1"}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name != stack.DatabaseURLVariable && !strings.HasPrefix(name, "TEMPORAL_") {
			environment = append(environment, variable)
		}
	}
	return append(environment,
		stack.DataDirVariable+"="+s.dataDir,
		stack.APIPortVariable+"="+s.apiPort,
		stack.MetricsPortVariable+"="+s.metricsPort,
		stack.TemporalPortVariable+"="+s.temporalPort,
		stack.UIPortVariable+"="+s.uiPort,
		stack.PostgresPortVariable+"="+s.postgresPort,
	)
}

// postmaster returns the number of the site's PostgreSQL process.
func (s site) postmaster(t *testing.T) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dataDir, "postgres", "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

// requireNothingRuns fails when a process of the site is left. A server being shut down by the death of its parent is given
// time to end.
func (s site) requireNothingRuns(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(processes); err != nil {
		t.Skip("this system does not list processes in " + processes)
	}
	awaitNothing(t, s.dataDir)
}

// processes is where Linux lists them, each as a directory; nothing is found on a system that does not.
const processes = "/proc"

// awaitNothing waits until no process names the directory in its command line or works in it, as the processes of
// PostgreSQL do whose first one was killed.
func awaitNothing(t *testing.T, dir string) {
	t.Helper()
	var left []string
	require.Eventually(t, func() bool {
		left = nil
		found, _ := filepath.Glob(processes + "/[0-9]*")
		for _, process := range found {
			command, _ := os.ReadFile(filepath.Join(process, "cmdline")) // It may have ended just now.
			works, _ := os.Readlink(filepath.Join(process, "cwd"))
			if strings.Contains(string(command), dir) || strings.HasPrefix(works, dir+"/") {
				left = append(left, process+": "+strings.ReplaceAll(string(command), "\x00", " "))
			}
		}
		return len(left) == 0
	}, stopLimit, 20*time.Millisecond, "left running: %v", &left)
}

// child is mtf-dev as an OS process that leads its own process group.
type child struct {
	t       *testing.T
	cmd     *exec.Cmd
	printed output
	ended   chan struct{}
}

// output collects what the child prints while the test reads it.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// start runs mtf-dev with the arguments; it is killed at the end of the test if it still runs.
func (s site) start(t *testing.T, arguments ...string) *child {
	t.Helper()
	return s.startWith(t, nil, arguments...)
}

// startWith is start with more environment variables.
func (s site) startWith(t *testing.T, variables []string, arguments ...string) *child {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	c := &child{t: t, cmd: exec.Command(program, arguments...), ended: make(chan struct{})}
	c.cmd.Env = append(s.environment(), variables...)
	c.cmd.Stdout, c.cmd.Stderr = &c.printed, &c.printed
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A process that a failed test leaves behind must not keep the test waiting for output.
	c.cmd.WaitDelay = stopLimit
	require.NoError(t, c.cmd.Start())
	go func() {
		defer close(c.ended)
		_ = c.cmd.Wait()
	}()
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("mtf-dev %s printed:\n%s", strings.Join(arguments, " "), &c.printed)
		}
	})
	return c
}

// startReady runs mtf-dev run and returns once its stack is up.
func (s site) startReady(t *testing.T) *child {
	t.Helper()
	c := s.start(t, "run")
	c.waitFor("starting the Temporal UI on port " + s.uiPort + ` … \d+\.\d s\n`)
	return c
}

// waitFor returns once the child has printed something that the regular expression matches.
func (c *child) waitFor(pattern string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), startLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	expression := regexp.MustCompile(pattern)
	for !expression.MatchString(c.printed.String()) {
		select {
		case <-tick.C:
		case <-c.ended:
			require.Regexp(c.t, expression, c.printed.String(), "the child has ended")
		case <-ctx.Done():
			require.Regexp(c.t, expression, c.printed.String(), "the child has not come so far")
		}
	}
}

func (c *child) signal(signal syscall.Signal) {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Signal(signal))
}

// kill ends the whole process group at once, as a machine does that runs out of memory, and waits for it.
func (c *child) kill() {
	if err := syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		c.t.Errorf("kill mtf-dev: %v", err)
	}
	<-c.ended
}

// exitCode waits for the child's end.
func (c *child) exitCode() int {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(startLimit):
		c.t.Fatal("the child does not end")
	}
	return c.cmd.ProcessState.ExitCode()
}

// requireSentence requires that the child ends with code 1 and that its last line, and nothing but that, is a sentence
// from mtf-dev with all the parts.
func (c *child) requireSentence(parts ...string) {
	c.t.Helper()
	require.Equal(c.t, 1, c.exitCode())
	var sentences []string
	for line := range strings.Lines(c.printed.String()) {
		if !strings.HasPrefix(line, "starting ") && !strings.HasPrefix(line, "stopping ") && !strings.HasPrefix(line, "ready: ") {
			sentences = append(sentences, line)
		}
	}
	require.Len(c.t, sentences, 1, "one sentence is expected")
	require.Contains(c.t, sentences[0], "mtf-dev: ")
	for _, part := range parts {
		require.Contains(c.t, sentences[0], part)
	}
}
