package stack

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/mtfacturation/mtf/api/operators"
	"github.com/mtfacturation/mtf/cmd/dev/postgres"
)

// The environment variables that change the stack.
const (
	DataDirVariable         = "MTF_DATA_DIR"
	APIPortVariable         = "MTF_API_PORT"
	MetricsPortVariable     = "MTF_METRICS_PORT"
	TemporalPortVariable    = "MTF_TEMPORAL_PORT"
	UIPortVariable          = "MTF_TEMPORAL_UI_PORT"
	PostgresPortVariable    = "MTF_POSTGRES_PORT"
	DatabaseURLVariable     = "DATABASE_URL"
	TemporalAddressVariable = "TEMPORAL_ADDRESS"
	NamespaceVariable       = "TEMPORAL_NAMESPACE"
)

// Config describes a stack to start. A port is one of 127.0.0.1, and 0 means any free port.
type Config struct {
	// DataDir holds everything that the stack writes. It is created, but not its parents.
	DataDir string
	// APIPort and MetricsPort are kept free for the application, which the stack does not start itself.
	APIPort      int
	MetricsPort  int
	TemporalPort int
	UIPort       int
	PostgresPort int
	// DatabaseURL, when set, is the application's database in place of the embedded one. PostgreSQL is still embedded for
	// Temporal unless TemporalAddress is set too.
	DatabaseURL string
	// TemporalAddress, when set, is a Temporal server in place of the embedded one.
	TemporalAddress string
	// Namespace is the Temporal namespace of the application. The embedded server registers it.
	Namespace string
	// Fast gives up durability for speed, for tests.
	Fast bool
	// CodecPath is where the application's API decrypts payloads for the web interface; "" when there is no application.
	CodecPath string
	// WithoutUI leaves out the web interface of Temporal.
	WithoutUI bool
	// Locator finds the programs of PostgreSQL.
	Locator postgres.Locator
	// Progress receives a line for each step of the start; nil is allowed.
	Progress io.Writer
}

// FromEnvironment returns the configuration that the environment asks for, with the usual ports and the directory .data
// where it says nothing. The error is one sentence that names the variable.
func FromEnvironment(getenv func(string) string) (Config, error) {
	config := Config{
		DataDir:         cmp.Or(getenv(DataDirVariable), ".data"),
		DatabaseURL:     getenv(DatabaseURLVariable),
		TemporalAddress: getenv(TemporalAddressVariable),
		Namespace:       cmp.Or(getenv(NamespaceVariable), "default"),
		CodecPath:       operators.CodecPath,
		Locator:         postgres.SystemLocator(),
		Progress:        os.Stderr,
	}
	for _, setting := range []struct {
		variable string
		port     *int
		usual    int
	}{
		{APIPortVariable, &config.APIPort, 8000},
		{MetricsPortVariable, &config.MetricsPort, 9464},
		{TemporalPortVariable, &config.TemporalPort, 7233},
		{UIPortVariable, &config.UIPort, 8233},
		{PostgresPortVariable, &config.PostgresPort, 5433},
	} {
		text := cmp.Or(getenv(setting.variable), strconv.Itoa(setting.usual))
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return Config{}, fmt.Errorf("%s is %q, which is no port: give a number from 0 (any free port) to 65535",
				setting.variable, text)
		}
		*setting.port = int(number)
	}
	return config, nil
}
