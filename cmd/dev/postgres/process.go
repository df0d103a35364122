package postgres

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a running postmaster.
type process struct {
	handle *os.Process
	// exited is closed once the process has ended and been waited for.
	exited chan struct{}
	// state says how it ended; it may be read once exited is closed.
	state *os.ProcessState
}

// launch starts the command in its own process group, so that Ctrl-C in a terminal does not reach the server while the
// application still drains. Where the kernel supports it, the server shuts down when this program is killed.
func launch(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr.Setpgid = true
	endWithParent(cmd.SysProcAttr)
	p := &process{exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the parent's death signal when the thread that started the child ends, and the runtime ends
		// threads as it likes. So the thread is held here for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // The state is more specific than the error.
			p.state = cmd.ProcessState
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.handle = cmd.Process
	return p, nil
}

// alive reports whether a process with this number exists.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || err == syscall.EPERM
}

// runLocked runs a short command to its end on a held thread, for the reason given in launch, and returns what it printed.
func runLocked(cmd *exec.Cmd) (string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	output, err := cmd.CombinedOutput()
	return string(output), err
}
