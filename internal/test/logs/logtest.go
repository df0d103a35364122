// Package logs keeps what is logged, for tests.
package logs

import (
	"bytes"
	"sync"
)

// Lines keeps what is written to it by any number of writers.
type Lines struct {
	mu      sync.Mutex
	written bytes.Buffer
}

// Write implements io.Writer.
func (l *Lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.Write(line)
}

// String is all that was written so far.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.String()
}
