package app

import (
	"io"
	"log/slog"
	"os"

	"github.com/mtfacturation/mtf/internal/telemetry"
)

// Logger returns the program's logger: JSON lines on the writer, without personal
// data, and with the ids of the trace that they are part of. The level comes from MTF_LOG_LEVEL and is info unless it says otherwise.
func Logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	// An unknown level leaves the default in place.
	_ = level.UnmarshalText([]byte(os.Getenv("MTF_LOG_LEVEL")))
	return slog.New(telemetry.LogHandler(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact})))
}
