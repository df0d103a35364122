package temporal

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// logger hands the server's log records to slog. The server means a fatal record to end the process; here it is given
// to fatal instead, because other parts of the process still have to be stopped in order.
type logger struct {
	slog  *slog.Logger
	fatal func(error)
}

var (
	_ log.Logger      = (*logger)(nil)
	_ log.WithLogger  = (*logger)(nil)
	_ log.SLogWrapper = (*logger)(nil)
)

func (l *logger) Debug(message string, tags ...tag.Tag) { l.record(slog.LevelDebug, message, tags) }
func (l *logger) Info(message string, tags ...tag.Tag)  { l.record(slog.LevelInfo, message, tags) }
func (l *logger) Warn(message string, tags ...tag.Tag)  { l.record(slog.LevelWarn, message, tags) }
func (l *logger) Error(message string, tags ...tag.Tag) { l.record(slog.LevelError, message, tags) }

// DPanic is an error in production, and this is not a test of the server itself.
func (l *logger) DPanic(message string, tags ...tag.Tag) { l.record(slog.LevelError, message, tags) }

// Panic panics, as callers rely on not continuing after it.
func (l *logger) Panic(message string, tags ...tag.Tag) {
	l.record(slog.LevelError, message, tags)
	panic(message)
}

func (l *logger) Fatal(message string, tags ...tag.Tag) {
	l.record(slog.LevelError, message, tags)
	for _, t := range tags {
		if t.Key() == "error" {
			message = fmt.Sprintf("%s: %v", message, t.Value())
		}
	}
	l.fatal(fmt.Errorf("Temporal cannot continue: %s", message)) //nolint:staticcheck // It begins with a name.
}

// With returns a logger that adds the tags to each record.
func (l *logger) With(tags ...tag.Tag) log.Logger {
	return &logger{slog: slog.New(l.slog.Handler().WithAttrs(attributes(tags))), fatal: l.fatal}
}

// SLog lets the SDK inside the server use the same handler.
func (l *logger) SLog() *slog.Logger { return l.slog }

func (l *logger) record(level slog.Level, message string, tags []tag.Tag) {
	ctx := context.Background()
	if l.slog.Enabled(ctx, level) {
		l.slog.LogAttrs(ctx, level, message, attributes(tags)...)
	}
}

func attributes(tags []tag.Tag) []slog.Attr {
	list := make([]slog.Attr, len(tags))
	for i, t := range tags {
		list[i] = slog.Any(t.Key(), t.Value())
	}
	return list
}
