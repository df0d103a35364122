//go:build !linux

package postgres

// namespaceAccount says that only Linux has user namespaces.
func namespaceAccount() (account, bool) { return account{}, false }
