package postgres

import (
	"io"
	"os"
	"regexp"
	"strings"
)

// tailSize is how much of the end of a log is read to find the reason of a failure.
const tailSize = 16 << 10

var graveLine = regexp.MustCompile(`(?:FATAL|PANIC): +(.*)`)

// lastComplaint returns the text of the last FATAL or PANIC line in the log. Without one it returns the last line.
func lastComplaint(log *os.File) string {
	file, err := os.Open(log.Name())
	if err != nil {
		return "its log cannot be read: " + err.Error()
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > tailSize {
		_, _ = file.Seek(-tailSize, io.SeekEnd)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return "its log cannot be read: " + err.Error()
	}
	var last, grave string
	for line := range strings.Lines(string(content)) {
		last = strings.TrimSpace(line)
		if match := graveLine.FindStringSubmatch(line); match != nil {
			grave = strings.TrimSpace(match[1])
		}
	}
	if grave != "" {
		return grave
	}
	if last == "" {
		return "it said nothing"
	}
	return last
}
