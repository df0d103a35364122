package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/stack"
)

// environment returns a getenv for the variables.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestConfig_Defaults(t *testing.T) {
	t.Parallel()
	config, err := stack.FromEnvironment(environment(nil))
	require.NoError(t, err)
	require.Equal(t, ".data", config.DataDir)
	require.Equal(t, [5]int{8000, 9464, 7233, 8233, 5433},
		[5]int{config.APIPort, config.MetricsPort, config.TemporalPort, config.UIPort, config.PostgresPort})
	require.Equal(t, "default", config.Namespace)
}

// external is a configuration from the environment, with free ports and the data directory returned.
func external(t *testing.T, variables map[string]string) (stack.Config, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), ".data")
	variables[stack.DataDirVariable] = dir
	for _, variable := range []string{
		stack.APIPortVariable, stack.MetricsPortVariable, stack.TemporalPortVariable, stack.UIPortVariable, stack.PostgresPortVariable,
	} {
		variables[variable] = "0"
	}
	config, err := stack.FromEnvironment(environment(variables))
	require.NoError(t, err)
	config.Progress = t.Output()
	return config, dir
}

func TestConfig_ExternalServersReplaceEmbedded(t *testing.T) {
	t.Parallel()
	config, dir := external(t, map[string]string{
		stack.DatabaseURLVariable: "postgres://elsewhere/mtf", stack.TemporalAddressVariable: "elsewhere:7233",
	})
	s, err := stack.Start(t.Context(), config)
	require.NoError(t, err)
	require.NoError(t, s.Stop(t.Context()))
	require.NoDirExists(t, filepath.Join(dir, "postgres"))
	require.Equal(t, "postgres://elsewhere/mtf", s.Endpoints().DatabaseURL)
	require.Empty(t, s.Endpoints().MaintenanceURL)
	require.Equal(t, "elsewhere:7233", s.Endpoints().TemporalAddress)
	require.NotEmpty(t, s.Endpoints().TemporalUIURL)
}

func TestConfig_ExternalDatabaseKeepsEmbeddedForTemporal(t *testing.T) {
	t.Parallel()
	config, dir := external(t, map[string]string{stack.DatabaseURLVariable: "postgres://elsewhere/mtf"})
	s, err := stack.Start(t.Context(), config)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Stop(t.Context())) }()
	require.DirExists(t, filepath.Join(dir, "postgres"))
	require.Equal(t, "postgres://elsewhere/mtf", s.Endpoints().DatabaseURL)
	require.Regexp(t, `^127\.0\.0\.1:\d+$`, s.Endpoints().TemporalAddress)
}

func TestStack_StopReleasesDirectory(t *testing.T) {
	t.Parallel()
	config, dir := external(t, map[string]string{
		stack.DatabaseURLVariable: "postgres://elsewhere/mtf", stack.TemporalAddressVariable: "elsewhere:7233",
	})
	config.WithoutUI = true
	for range 2 {
		s, err := stack.Start(t.Context(), config)
		require.NoError(t, err)
		require.NoError(t, s.Stop(t.Context()))
	}
	require.NoError(t, os.RemoveAll(dir))
}
