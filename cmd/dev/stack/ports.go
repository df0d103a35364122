package stack

import (
	"fmt"

	"github.com/mtfacturation/mtf/cmd/dev/port"
)

// choosePorts replaces each 0 among the ports that will be used by a free port, and returns one sentence for the user
// when a port that was asked for is taken. Nothing is running yet, so a fault here leaves nothing behind.
func (c *Config) choosePorts() error {
	chosen := make(map[int]string)
	for _, use := range []struct {
		what     string
		variable string
		port     *int
		used     bool
	}{
		{"the API", APIPortVariable, &c.APIPort, true},
		{"the metrics", MetricsPortVariable, &c.MetricsPort, true},
		{"PostgreSQL", PostgresPortVariable, &c.PostgresPort, c.needsPostgres()},
		{"Temporal", TemporalPortVariable, &c.TemporalPort, c.needsTemporal()},
		{"the Temporal UI", UIPortVariable, &c.UIPort, !c.WithoutUI},
	} {
		if !use.used {
			continue
		}
		if *use.port == 0 {
			free, err := port.Free()
			if err != nil {
				return err
			}
			*use.port = free
			continue
		}
		if other, taken := chosen[*use.port]; taken {
			return fmt.Errorf("%s and %s both ask for port %d", other, use.variable, *use.port)
		}
		chosen[*use.port] = use.variable
		if err := port.Check(*use.port); err != nil {
			return fmt.Errorf("port %d for %s is taken by another program: stop that program, or set %s to another port",
				*use.port, use.what, use.variable)
		}
	}
	return nil
}

// needsTemporal reports whether the embedded Temporal server is started.
func (c *Config) needsTemporal() bool { return c.TemporalAddress == "" }

// needsPostgres reports whether the embedded PostgreSQL is started: for the application, for Temporal, or for both.
func (c *Config) needsPostgres() bool { return c.DatabaseURL == "" || c.needsTemporal() }
