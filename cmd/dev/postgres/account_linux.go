package postgres

import "syscall"

// namespacedUser is the number that root has inside the user namespace; any but 0 does.
const namespacedUser = 1000

// namespaceAccount is root under another number, in a user namespace of its own. It is not supported where the kernel
// or a container's security profile forbids such namespaces, which only trying tells.
func namespaceAccount() (account, bool) {
	root := []syscall.SysProcIDMap{{ContainerID: namespacedUser, HostID: 0, Size: 1}}
	return account{attributes: func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: root, GidMappings: root}
	}}, true
}
