package starter_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/workflows/starter"
)

func TestATimetableWithoutTemporalSaysSo(t *testing.T) {
	t.Parallel()
	nowhere, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
	require.NoError(t, err)
	table := starter.NewSchedules(nowhere,
		schedule.Schedule{ID: "daily", Expression: schedule.Expression{Cron: "5 0 * * *", Zone: "UTC"}}, schedule.Schedule{ID: "off"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = table.List(ctx)
	require.ErrorIs(t, err, starter.ErrUnavailable)
	day := calendar.MustParse("2026-11-21")
	for _, call := range []func(id string) error{
		func(id string) error { _, err := table.Pause(ctx, id, ""); return err },
		func(id string) error { _, err := table.Resume(ctx, id, ""); return err },
		func(id string) error { _, err := table.Trigger(ctx, id); return err },
		func(id string) error { _, err := table.Backfill(ctx, id, day, day, time.Now()); return err },
	} {
		require.ErrorIs(t, call("daily"), starter.ErrUnavailable)
		// The starter makes these refusals without Temporal.
		require.ErrorIs(t, call("weekly"), refusal.New(refusal.ScheduleNotFound))
		require.ErrorIs(t, call("off"), refusal.New(refusal.ScheduleOff))
	}
}
