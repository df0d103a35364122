package app_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
)

// workersOn is a process of workers alone whose calls to Temporal are answered by a function, with an empty answer unless
// it fills it in. It needs no server, so it can live in a bubble, where minutes pass at once.
func workersOn(t *testing.T, answer func(ctx context.Context, request, reply any) error) *app.App {
	t.Helper()
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: "passthrough:nobody", Namespace: "gone", Logger: log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(
			func(ctx context.Context, _ string, request, reply any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
				return answer(ctx, request, reply)
			},
		)}},
	})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	return &app.App{
		Config: config.Config{
			Environment: config.Test, TimeZone: calendar.DefaultZone, Billing: config.Billing{Concurrency: 2},
			Collections: config.Collections{SyncCron: config.Off}, MonthlyBilling: config.MonthlyBilling{Cron: config.Off},
			DocumentCheck: config.DocumentCheck{Cron: config.Off},
			Notify:        config.Notify{By: config.NotifyByLog, Concurrency: 2, LogFile: filepath.Join(t.TempDir(), "notifications.log")},
		},
		Temporal: temporal, Zone: zone, Now: app.Clock,
	}
}

// The SDK stops a worker that is turned away for two minutes. The process must end then, for its supervisor to see it.
func TestAProcessEndsWithAWorkerThatIsTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		workers := workersOn(t, func(_ context.Context, request, _ any) error {
			switch request.(type) {
			case *workflowservice.PollWorkflowTaskQueueRequest, *workflowservice.PollActivityTaskQueueRequest:
				return serviceerror.ToStatus(serviceerror.NewNamespaceNotFound("gone")).Err()
			}
			return nil
		})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		begun := time.Now()
		err := workers.Serve(ctx, app.Parts{Worker: true}, "test", nil)
		require.ErrorContains(t, err, "cannot continue")
		require.ErrorAs(t, err, new(*serviceerror.NamespaceNotFound))
		require.Greater(t, time.Since(begun), time.Minute, "one answer of a proxy is no reason to end")
		require.Less(t, time.Since(begun), 4*time.Minute)
	})
}

// The API may drain for 20 s before the workers stop, and traces are sent for 5 s after them.
func TestWorkersStopWithinTheirShareOfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		// Each queue has one activity. Calls that report its end, or the shutdown of the worker, fail.
		var begun sync.Map
		workers := workersOn(t, func(ctx context.Context, request, reply any) error {
			switch request := request.(type) {
			case *workflowservice.PollActivityTaskQueueRequest:
				if _, again := begun.LoadOrStore(request.GetTaskQueue().GetName(), true); again {
					<-ctx.Done()
					return ctx.Err()
				}
				task := reply.(*workflowservice.PollActivityTaskQueueResponse)
				task.TaskToken, task.ActivityId, task.ActivityType = []byte("token"), "1", &common.ActivityType{Name: "Nobody knows it"}
				task.WorkflowExecution, task.WorkflowType = &common.WorkflowExecution{WorkflowId: "1", RunId: "1"}, &common.WorkflowType{Name: "Any"}
				task.ScheduledTime, task.StartedTime = timestamppb.Now(), timestamppb.Now()
				task.StartToCloseTimeout, task.ScheduleToCloseTimeout = durationpb.New(time.Hour), durationpb.New(time.Hour)
			case *workflowservice.RespondActivityTaskFailedRequest:
				<-over
			case *workflowservice.PollWorkflowTaskQueueRequest, *workflowservice.ShutdownWorkerRequest:
				<-ctx.Done()
			}
			return ctx.Err()
		})
		ctx, stop := context.WithCancel(t.Context())
		var asked time.Time
		time.AfterFunc(time.Minute, func() {
			asked = time.Now()
			stop()
		})
		require.NoError(t, workers.Serve(ctx, app.Parts{Worker: true}, "test", nil))
		t.Logf("the workers stopped within %s", time.Since(asked))
		require.Greater(t, time.Since(asked), 15*time.Second, "nothing hangs")
		require.LessOrEqual(t, time.Since(asked), (60-20-5)*time.Second)
	})
}
