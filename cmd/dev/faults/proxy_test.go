package faults

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy passes TCP connections on to an address until it is cut.
type proxy struct {
	listener net.Listener
	target   string

	mutex sync.Mutex
	cut   bool
	open  map[net.Conn]struct{}
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, target: target, open: map[net.Conn]struct{}{}}
	go p.accept()
	t.Cleanup(func() {
		_ = listener.Close()
		p.setCut(true)
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.pass(from)
	}
}

// pass forwards a connection to the server until either end or the cut closes both.
func (p *proxy) pass(from net.Conn) {
	defer p.forget(from)
	if !p.keep(from) {
		return
	}
	to, err := net.DialTimeout("tcp4", p.target, 5*time.Second)
	if err != nil {
		return
	}
	defer p.forget(to)
	if !p.keep(to) {
		return
	}
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			_, _ = io.Copy(way[1], way[0])
			ended <- struct{}{}
		}()
	}
	<-ended
}

// keep reports false, once the proxy is cut, for a connection that must not be used.
func (p *proxy) keep(connection net.Conn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.open[connection] = struct{}{}
	return !p.cut
}

func (p *proxy) forget(connection net.Conn) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.open, connection)
	_ = connection.Close()
}

// setCut drops all connections and lets no other one in, or lets them in again.
func (p *proxy) setCut(cut bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.cut = cut
	for connection := range p.open {
		if cut {
			_ = connection.Close()
		}
	}
}
