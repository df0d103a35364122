package app

import (
	"io"
	"log/slog"
	"os"
)

// Logger returns the program's logger: JSON lines on the writer, without personal
// data. The level comes from MTF_LOG_LEVEL and is info unless it says otherwise.
func Logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	// An unknown level leaves the default in place.
	_ = level.UnmarshalText([]byte(os.Getenv("MTF_LOG_LEVEL")))
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact}))
}
