package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// staleFastLimit is the time that a stale server gets for a fast shutdown before an immediate one.
const staleFastLimit = 20 * time.Second

// StopStale ends a postmaster that still serves the data directory in dir because the program that started it was
// killed; without one it does nothing. The caller must keep other programs away from the directory; that
// distinguishes a stale server from one in use. Start calls it too. A caller that checks the port first calls it before.
func StopStale(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, dataName)
	pidFile := filepath.Join(data, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, rest, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !alive(pid) {
		return nil // PostgreSQL itself recognises and replaces such a file.
	}
	if !servesData(ctx, pid, data) {
		// The process id now belongs to another program, and PostgreSQL would refuse to start. With the id of this process,
		// its parent, PostgreSQL continues with its other checks that the directory is unused.
		return os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600)
	}
	for _, step := range []struct {
		signal syscall.Signal
		limit  time.Duration
	}{{syscall.SIGINT, staleFastLimit}, {syscall.SIGQUIT, 10 * time.Second}} {
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the PostgreSQL left behind, process %d: %w", pid, err)
		}
		if gone(ctx, pid, data, step.limit) {
			return nil
		}
	}
	return fmt.Errorf("the PostgreSQL left behind on %s, process %d, does not stop", dir, pid)
}

// gone waits until the process no longer serves the data and reports whether that happened within the limit. A zombie
// process does not count: it has no command line.
func gone(ctx context.Context, pid int, data string, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) && servesData(ctx, pid, data) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// servesData reports whether the process is a PostgreSQL started on the data directory, judged by its command line.
func servesData(ctx context.Context, pid int, data string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		line, err = exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	}
	return err == nil && strings.Contains(string(line), "postgres") && strings.Contains(string(line), data)
}
