package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestAMissingNamespaceIsNamedAtTheStart(t *testing.T) {
	t.Parallel()
	temporal := servers.Temporal(t)
	temporal.Namespace = "nobody-made-it"
	_, err := app.Open(t.Context(), config.Config{
		Environment: config.Test, DatabaseURL: servers.DatabaseURL(t), TimeZone: calendar.DefaultZone, DocumentsDirectory: t.TempDir(),
		Seller: config.Seller{Code: "MTF", NumberPrefix: "FA", Name: "Opérateur d'essai"},
	}, temporal)
	require.ErrorContains(t, err, `"nobody-made-it"`)
	require.ErrorContains(t, err, "TEMPORAL_NAMESPACE")
}
