package api_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// responseRecorder is a request and its answer as docs/api.md writes them: a block of HTTP,
// the status in bold, perhaps with a content type, and a block of JSON.
var responseRecorder = regexp.MustCompile("(?s)```http\n(.*?)```\n\n\\*\\*(\\d{3})\\*\\*(?: `([a-z/]+)`)?\n(?:\n```json\n(.*?)```)?")

// TestDocs_StoryMatchesAnswers sends every request of the page, in order,
// and compares the answers with the answers on the page.
func TestDocs_StoryMatchesAnswers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/api.md")
	require.NoError(t, err)
	recorded := responseRecorder.FindAllStringSubmatch(string(page), -1)
	require.Len(t, recorded, strings.Count(string(page), "```http\n"), "a request of the page has no answer in the right form")
	require.Greater(t, len(recorded), 15)

	s, values := system.Borrow(t), captures{}
	for _, part := range recorded {
		request, status, contentType, shape := part[1], part[2], part[3], part[4]
		head, body, _ := strings.Cut(strings.TrimSpace(values.fill(request)), "\n\n")
		lines := strings.Split(head, "\n")
		method, path, found := strings.Cut(lines[0], " ")
		require.True(t, found, "request line %q", lines[0])
		headers := []system.Header{system.Anonymous}
		for _, line := range lines[1:] {
			name, value, found := strings.Cut(line, ": ")
			require.True(t, found, "header %q", line)
			headers = append(headers, system.Header{Name: name, Value: value})
		}
		var sent any
		if body != "" {
			sent = body
		}
		answer := s.Call(t, method, path, sent, headers...)
		require.Equal(t, status, strconv.Itoa(answer.Status), "%s\nanswer: %s", request, answer.Body)
		if contentType != "" {
			require.Equal(t, contentType, answer.Header.Get("Content-Type"), request)
			continue
		}
		var want, got any
		require.NoError(t, json.Unmarshal([]byte(shape), &want), "%s\n%s", request, shape)
		require.NoError(t, json.Unmarshal(answer.Body, &got), "%s", request)
		require.Empty(t, values.match("answer", want, got, false), "%s\nanswer: %s", request, answer.Body)
	}
}
