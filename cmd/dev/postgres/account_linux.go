package postgres

import "syscall"

// namespacedUser is the number that root has inside the user namespace; any but 0 does.
const namespacedUser = 1000

// namespaceAccount maps root to another user in its own user namespace. The kernel or a container's security profile may
// forbid such namespaces; the only way to find out is to try.
func namespaceAccount() (account, bool) {
	root := []syscall.SysProcIDMap{{ContainerID: namespacedUser, HostID: 0, Size: 1}}
	return account{attributes: func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: root, GidMappings: root}
	}}, true
}
