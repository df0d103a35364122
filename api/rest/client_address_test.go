package rest

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/config"
)

func TestOnlyATrustedProxySaysWhereARequestComesFrom(t *testing.T) {
	t.Parallel()
	none := config.Proxies{Header: "X-Forwarded-For"}
	proxies := config.Proxies{Header: "X-Forwarded-For", Trusted: []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
	}}
	rfc7239 := config.Proxies{Header: "Forwarded", Trusted: proxies.Trusted}
	for _, test := range []struct {
		name      string
		proxies   config.Proxies
		peer      string
		forwarded []string
		want      string
	}{
		{"no proxy", none, "192.0.2.1:1234", nil, "192.0.2.1"},
		{"a header of a stranger", none, "192.0.2.1:1234", []string{"198.51.100.7"}, "192.0.2.1"},
		{"a header of a stranger beside proxies", proxies, "192.0.2.1:1234", []string{"198.51.100.7"}, "192.0.2.1"},
		{"a proxy", proxies, "10.0.0.1:1234", []string{"198.51.100.7"}, "198.51.100.7"},
		{"a proxy without the header", proxies, "10.0.0.1:1234", nil, "10.0.0.1"},
		{"what the caller wrote before the proxy", proxies, "10.0.0.1:1234", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{"two proxies", proxies, "10.0.0.1:1234", []string{"203.0.113.9, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		{"several headers are one list", proxies, "10.0.0.1:1234", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		{"garbage at the end", proxies, "10.0.0.1:1234", []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		{"garbage before a proxy", proxies, "10.0.0.1:1234", []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		{"proxies alone", proxies, "10.0.0.1:1234", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a port", proxies, "10.0.0.1:1234", []string{"198.51.100.7:99"}, "198.51.100.7"},
		{"IPv6", proxies, "[fd00::1]:1234", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv4 in IPv6", proxies, "[::ffff:10.0.0.1]:1234", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"the other header", rfc7239, "10.0.0.1:1234", []string{`for=203.0.113.9, for="[2001:db8::7]:99";proto=https`}, "2001:db8::7"},
		{"the other header, hidden", rfc7239, "10.0.0.1:1234", []string{"for=_hidden"}, "10.0.0.1"},
		{"the other header, without for", rfc7239, "10.0.0.1:1234", []string{"proto=https"}, "10.0.0.1"},
	} {
		request := &http.Request{RemoteAddr: test.peer, Header: http.Header{test.proxies.Header: test.forwarded}}
		// A proxy passes the header that it does not write on as the caller sent it.
		if test.proxies.Header == "Forwarded" {
			request.Header["X-Forwarded-For"] = []string{"203.0.113.66"}
		} else {
			request.Header["Forwarded"] = []string{"for=203.0.113.66"}
		}
		assert.Equal(t, test.want, clientAddress(request, test.proxies).String(), test.name)
	}
}

func TestAnIPv6CallerIsKnownByItsSite(t *testing.T) {
	t.Parallel()
	key := func(address string) string { return addressKey(netip.MustParseAddr(address)) }
	assert.Equal(t, key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::2"))
	assert.NotEqual(t, key("2001:db8:1:2::1"), key("2001:db8:1:3::1"))
	assert.NotEqual(t, key("192.0.2.1"), key("192.0.2.2"))
}
