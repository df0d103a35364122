package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemo_IgnoresForeignEnvironment(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"DATABASE_URL", "MTF_DOCUMENTS_STORE", "MTF_NOTIFY", "MTF_NOTIFY_SMTP_ADDR", "TEMPORAL_ADDRESS", "TEMPORAL_API_KEY"},
		pointElsewhere([]string{
			"TEMPORAL_API_KEY=secret", "TEMPORAL_ADDRESS=temporal.example:7233", "DATABASE_URL=postgres://db.example/mtf", "PATH=/bin",
			"MTF_DOCUMENTS_STORE=s3", "MTF_NOTIFY=smtp", "MTF_NOTIFY_SMTP_ADDR=mail.example:25", "MTF_TEMPORAL_PORT=0", "MTF_DATA_DIR=.demo",
			"MTF_POSTGRES_BIN=/usr/bin", "TEMPORAL_NAMESPACE=",
		}))
}
