package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

// Schedules live for years: a worker must be able to start without the key that was in use when they were made.
func TestSchedulesOutliveTheKeysOfTheirDay(t *testing.T) {
	s := system.Start(t, func(c *config.Config) { c.Collections.SyncCron = "5 0 * * *" })
	s.RestartWith(t, func(c *config.Config) { c.PayloadKeys = system.PayloadKeys(t, system.PayloadKey(t, "another")) })
	described, err := s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.CollectionsDayID).Describe(t.Context())
	require.NoError(t, err)
	require.NotNil(t, described.Schedule.Action)
}
