package postgres

import "syscall"

// endWithParent asks for PostgreSQL's fast shutdown (SIGINT) when this program dies without stopping it.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGINT }
