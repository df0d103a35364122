//go:build !linux

package postgres

import "syscall"

// endWithParent does nothing here: a server left behind is stopped by the next start.
func endWithParent(*syscall.SysProcAttr) {}
