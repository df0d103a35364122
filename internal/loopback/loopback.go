// Package loopback recognises addresses whose traffic never leaves this machine.
package loopback

import "net"

// Host reports whether a host, a name or an address without a port, is this machine.
func Host(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
