package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// openDirectory creates the data directory if it does not exist and returns its absolute path. The error is one sentence
// for the user.
func openDirectory(dir string) (string, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.Mkdir(absolute, 0o700)
	case err == nil && !info.IsDir():
		return "", fmt.Errorf("%s is a file, not a directory: set %s to another place", absolute, DataDirVariable)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Join(absolute, logName), 0o755)
	}
	if err != nil {
		return "", fmt.Errorf("the data directory cannot be used (%w): set %s to another place", err, DataDirVariable)
	}
	return absolute, nil
}

// lock reserves the data directory for this OS process. The kernel releases the lock when the process ends, even after a
// crash.
func lock(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data directory cannot be used (%w): set %s to another place", err, DataDirVariable)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer file.Close()
		holder := make([]byte, 32)
		n, _ := file.Read(holder)
		return nil, fmt.Errorf("another mtf-dev, process %s, uses %s: stop it, or set %s to another place",
			strings.TrimSpace(string(holder[:n])), dir, DataDirVariable)
	}
	if err := file.Truncate(0); err == nil {
		_, _ = fmt.Fprintln(file, os.Getpid())
	}
	return file, nil
}

// unlock leaves the data directory to others. Closing the file alone would not do while a process that is being started
// still has a copy of it, between its fork and its program.
func unlock(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}

// logName is the directory of the logs.
const logName = "log"

// openLog opens a new log and keeps the one of the run before under the name with ".previous".
func openLog(dir, name string) (*os.File, error) {
	path := filepath.Join(dir, logName, name+".log")
	if err := os.Rename(path, path+".previous"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}
