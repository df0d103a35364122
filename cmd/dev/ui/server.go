// Package ui runs Temporal's web interface inside this process.
package ui

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"

	"github.com/mtfacturation/mtf/cmd/dev/port"
)

// startLimit bounds a start; it takes some milliseconds.
const startLimit = 15 * time.Second

// Config describes a web interface to start.
type Config struct {
	// Port of 127.0.0.1; 0 means any free port.
	Port int
	// TemporalAddress is the host and port of the Temporal server that it shows.
	TemporalAddress string
	// Namespace is the one shown first.
	Namespace string
	// CodecEndpoint is where the pages have encrypted payloads decrypted; "" leaves them encrypted.
	CodecEndpoint string
}

// Server is a running web interface.
type Server struct {
	server *server.Server
	url    string
	served chan struct{}
}

// Start starts the web interface and returns once it answers. The caller checks first that the port is free: the library
// ends the process when it cannot listen.
func Start(ctx context.Context, options Config) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if options.Port == 0 {
		free, err := port.Free()
		if err != nil {
			return nil, err
		}
		options.Port = free
	}
	s := &Server{
		server: server.NewServer(server_options.WithConfigProvider(&config.Config{
			Host:                port.Loopback,
			Port:                options.Port,
			TemporalGRPCAddress: options.TemporalAddress,
			DefaultNamespace:    options.Namespace,
			EnableUI:            true,
			DisableNewsFetch:    true,
			HideLogs:            true,
			Codec:               config.Codec{Endpoint: options.CodecEndpoint},
			// The page is served without TLS, and a browser would drop a cookie that demands it.
			CORS: config.CORS{CookieInsecure: true},
		})),
		url:    "http://" + port.Address(options.Port),
		served: make(chan struct{}),
	}
	go func() {
		defer close(s.served)
		_ = s.server.Start()
	}()
	if err := s.becomeReady(ctx); err != nil {
		s.server.Stop()
		return nil, fmt.Errorf("start the Temporal UI: %w", err)
	}
	return s, nil
}

// becomeReady waits until the health page answers.
func (s *Server) becomeReady(ctx context.Context) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/healthz", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("its health page answers %s", response.Status)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// URL returns the address for a browser.
func (s *Server) URL() string { return s.url }

// Stop closes the listener and all connections, or returns an error when ctx ends first.
func (s *Server) Stop(ctx context.Context) error {
	s.server.Stop()
	select {
	case <-s.served:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the Temporal UI did not stop in time: %w", ctx.Err())
	}
}
