package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
)

// demo is a running demo, and the addresses that it printed.
type demo struct {
	workflows, billingRun, subscription string

	command *exec.Cmd
	folder  string
}

// startDemo runs the demo in a temporary folder on free ports, and returns when the demo's tour is over.
func startDemo(ctx context.Context, program string) (*demo, error) {
	folder, err := os.MkdirTemp("", "screenshots-")
	if err != nil {
		return nil, err
	}
	d := &demo{folder: folder, command: exec.CommandContext(ctx, program, "demo")}
	d.command.Cancel = func() error { return d.command.Process.Signal(os.Interrupt) }
	d.command.Env = append(unconfigured(os.Environ()), "MTF_DATA_DIR="+folder,
		"MTF_API_PORT=0", "MTF_METRICS_PORT=0", "MTF_TEMPORAL_PORT=0", "MTF_TEMPORAL_UI_PORT=0", "MTF_POSTGRES_PORT=0")
	d.command.Stderr = os.Stderr
	printed, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	lines := bufio.NewScanner(printed)
	for lines.Scan() {
		for label, address := range map[string]*string{
			"Temporal UI": &d.workflows, "the billing run": &d.billingRun, "the subscription": &d.subscription,
		} {
			if rest, found := strings.CutPrefix(lines.Text(), label+" "); found {
				*address = strings.TrimSpace(rest)
			}
		}
		if strings.Contains(lines.Text(), "stays up") {
			go func() { // Keep reading, so that the demo can print when it stops.
				for lines.Scan() {
					continue
				}
			}()
			return d, nil
		}
	}
	return nil, errors.Join(errors.New("the demo ended before its tour was over"), d.stop())
}

var settings = regexp.MustCompile(`^(DATABASE_URL$|MTF_|TEMPORAL_|OTEL_)`)

// unconfigured removes the system's settings from an environment: the demo must not use the data
// of another installation, and settings would change the pictures. The folder of PostgreSQL's
// programs stays.
func unconfigured(environment []string) (rest []string) {
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		if !settings.MatchString(name) || name == "MTF_POSTGRES_BIN" {
			rest = append(rest, variable)
		}
	}
	return rest
}

// stop ends the demo in order and removes its folder.
func (d *demo) stop() error {
	_ = d.command.Process.Signal(os.Interrupt)
	err := d.command.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			err = nil
		}
	}
	return errors.Join(err, os.RemoveAll(d.folder))
}
