package rest

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/mtfacturation/mtf/internal/config"
)

// ipv6Site is the length of the IPv6 prefix that is usually assigned to one customer.
const ipv6Site = 64

// clientAddress returns the address of the caller: the peer or, if the peer is a trusted proxy, the
// last address in its header that is not a trusted proxy. Addresses further left come from the
// caller and prove nothing.
func clientAddress(r *http.Request, proxies config.Proxies) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap()
	if !proxies.Trust(address) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values(proxies.Header), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseHop(hops[i], proxies.Header)
		if !ok {
			return address // Limits apply to the last readable proxy.
		}
		address = hop
		if !proxies.Trust(hop) {
			return hop
		}
	}
	return address
}

// parseHop reads one element of X-Forwarded-For, or the parameter "for" of one
// element of Forwarded (RFC 7239). Either may name a port.
func parseHop(element, header string) (netip.Addr, bool) {
	written := strings.TrimSpace(element)
	if header == "Forwarded" {
		written = ""
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if strings.EqualFold(name, "for") {
				written = strings.Trim(value, `"`)
			}
		}
	}
	if withPort, err := netip.ParseAddrPort(written); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	address, err := netip.ParseAddr(strings.Trim(written, "[]"))
	return address.Unmap().WithZone(""), err == nil
}

// addressKey returns the key of rate limits: an IPv4 address, or the site of an IPv6 address.
func addressKey(address netip.Addr) string {
	if address.Is6() {
		site, err := address.Prefix(ipv6Site)
		if err == nil {
			return site.String()
		}
	}
	return address.String()
}
