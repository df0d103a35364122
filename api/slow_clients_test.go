package api_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// patience is how long a test waits for the system before it fails.
const patience = 30 * time.Second

// connection is a caller that writes raw bytes.
type connection struct {
	net.Conn
	t      testing.TB
	reader *bufio.Reader
}

func dial(t testing.TB, s *system.System) *connection {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &connection{Conn: conn, t: t, reader: bufio.NewReader(conn)}
}

// send writes text. If the other side has closed the connection, the next read fails.
func (c *connection) send(text string) { _, _ = io.WriteString(c.Conn, text) }

// answer reads one answer.
func (c *connection) answer() system.Response {
	c.t.Helper()
	response, err := http.ReadResponse(c.reader, nil)
	require.NoError(c.t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return system.Response{Status: response.StatusCode, Header: response.Header, Body: body}
}

// ended checks that the other side sends nothing more and closes the connection.
func (c *connection) ended() {
	c.t.Helper()
	rest, err := io.ReadAll(c.reader)
	require.False(c.t, errors.Is(err, os.ErrDeadlineExceeded), "the connection stays open")
	require.Empty(c.t, string(rest))
}

func postSubmit(t testing.TB, body object, key system.Header) string {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s",
		submitNewPath, key.Name, key.Value, len(encoded), encoded)
}

// post is the head of a request with a body.
func post(path string, headers ...string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer op-1:ops\r\nContent-Type: application/json\r\n" +
		strings.Join(append(headers, "", ""), "\r\n")
}

func TestSlowClients(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) {
		c.HTTP = config.HTTP{HeaderTimeout: 300 * time.Millisecond, BodyTimeout: 300 * time.Millisecond, AnswerTimeout: 300 * time.Millisecond, IdleTimeout: 300 * time.Millisecond}
	})
	for _, test := range []sharedTest{
		{"HeadersThatNeverEndAreNotWaitedFor", headersThatNeverEnd},
		{"AConnectionWithoutRequestsIsClosed", idleConnection},
		{"ABodyThatStallsIsAnswered", stalledBody},
		{"ABodyThatIsShorterThanAnnouncedWritesNothing", shortBody},
		{"AReaderThatDoesNotReadIsCutOff", readerThatDoesNotRead},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.test(t, s)
		})
	}
}

func headersThatNeverEnd(t *testing.T, s *system.System) {
	for _, sent := range []string{"", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "} {
		conn := dial(t, s)
		conn.send(sent)
		rest, err := io.ReadAll(conn.reader)
		require.NoError(t, err, "a connection that sent %q stays open", sent)
		if len(rest) > 0 {
			require.Contains(t, string(rest), "400 Bad Request")
		}
	}
}

func idleConnection(t *testing.T, s *system.System) {
	conn := dial(t, s)
	conn.send("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
	require.Equal(t, http.StatusOK, conn.answer().Status)
	conn.ended()
}

func stalledBody(t *testing.T, s *system.System) {
	for _, sent := range []string{
		post(customersPath, "Content-Length: 100"),
		post(customersPath, "Content-Length: 100") + `{"client_type":`,
		post(customersPath, "Transfer-Encoding: chunked") + "5\r\n{\"cli\r\n",
		post(verifyPath, "Content-Length: 1000000") + `{"cin": "`,
	} {
		conn := dial(t, s)
		conn.send(sent)
		conn.answer().Refused(t, http.StatusRequestTimeout, "request_timeout")
		conn.ended()
	}
}

func shortBody(t *testing.T, s *system.System) {
	cin := newCIN()
	body := `{"client_type": "individual", "full_name": "Half A Person", "cin": "` + cin + `"}`
	for _, length := range []int{len(body) + 1, len(body) + 100} {
		conn := dial(t, s)
		conn.send(post(customersPath, fmt.Sprintf("Content-Length: %d", length)) + body)
		require.NoError(t, conn.Conn.(*net.TCPConn).CloseWrite())
		_, _ = io.ReadAll(conn.reader)
	}
	require.Zero(t, count(t, s, "SELECT count(*) FROM clients WHERE cin = $1", cin))
}

func readerThatDoesNotRead(t *testing.T, s *system.System) {
	conn := dial(t, s)
	require.NoError(t, conn.Conn.(*net.TCPConn).SetReadBuffer(4096))
	// The answers fill every buffer on their way; then the server stops to read
	// requests, and in the end it gives the connection up.
	requests := strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", 100)
	for {
		if _, err := io.WriteString(conn.Conn, requests); err != nil {
			require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "a caller that does not read is served on and on")
			return
		}
	}
}

func TestRequestSizes(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"ABodyOfOneMiBIsTakenAndNotOneByteMore", bodyAtItsLimit},
		{"HeadersAndURLsAreBounded", headersAndURLs},
		{"BytesThatAreNotHTTPAreRefused", notHTTP},
		{"RequestsThatFollowEachOtherAreAnsweredInOrder", pipelined},
	})
}

func bodyAtItsLimit(t *testing.T, s *system.System) {
	const limit = 1 << 20
	padded := func(size int) (body, name string) {
		name = fmt.Sprintf("Padded Person %d", next())
		body = `{"client_type": "individual", "full_name": "` + name + `", "padding": "`
		return body + strings.Repeat("x", size-len(body)-2) + `"}`, name
	}
	chunked := func(body string) string {
		var sent strings.Builder
		for part := range 8 {
			chunk := body[part*len(body)/8 : (part+1)*len(body)/8]
			fmt.Fprintf(&sent, "%x\r\n%s\r\n", len(chunk), chunk)
		}
		return sent.String() + "0\r\n\r\n"
	}
	for _, test := range []struct {
		size    int
		chunked bool
	}{{limit, false}, {limit, true}, {limit + 1, false}, {limit + 1, true}, {limit * 2, true}} {
		body, name := padded(test.size)
		conn := dial(t, s)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			if test.chunked {
				conn.send(post(customersPath, "Transfer-Encoding: chunked") + chunked(body))
			} else {
				conn.send(post(customersPath, fmt.Sprintf("Content-Length: %d", len(body))) + body)
			}
		}()
		answer := conn.answer()
		stored := count(t, s, "SELECT count(*) FROM clients WHERE full_name = $1", name)
		if test.size > limit {
			answer.Refused(t, http.StatusRequestEntityTooLarge, "payload_too_large")
			require.Zero(t, stored)
		} else {
			require.Equal(t, http.StatusOK, answer.Status, "%+v: %s", test, answer.Body)
			require.Equal(t, 1, stored)
		}
		_ = conn.Close()
		<-sent
	}

	// A body whose announced length is too large is refused before any of it arrives.
	conn := dial(t, s)
	conn.send(post(customersPath, "Content-Length: 9000000000000"))
	conn.answer().Refused(t, http.StatusRequestEntityTooLarge, "payload_too_large")
}

func headersAndURLs(t *testing.T, s *system.System) {
	get := func(path, header string) system.Response {
		conn := dial(t, s)
		conn.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nX-Long: " + header + "\r\n\r\n")
		return conn.answer()
	}
	require.Equal(t, http.StatusOK, get("/api/v1/health", strings.Repeat("h", 16<<10)).Status)
	for _, size := range []int{33 << 10, 64 << 10} {
		get("/api/v1/health", strings.Repeat("h", size)).
			Refused(t, http.StatusRequestHeaderFieldsTooLarge, "request_headers_too_large")
	}
	get("/api/v1/health?a="+strings.Repeat("u", 9<<10), "").Refused(t, http.StatusRequestURITooLong, "uri_too_long")
	require.Equal(t, http.StatusOK, get("/api/v1/health?a="+strings.Repeat("u", 4<<10), "").Status)
}

func notHTTP(t *testing.T, s *system.System) {
	for _, test := range []struct {
		sent   string
		status int
	}{
		{"GARBAGE\r\n\r\n", 400},
		{"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n\r\n", 400}, // No Host.
		{"GET / HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
		{"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505},
		{"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("h", 256<<10), 431},
	} {
		conn := dial(t, s)
		conn.send(test.sent)
		require.Equal(t, test.status, conn.answer().Status, "%.60q", test.sent)
	}
}

func pipelined(t *testing.T, s *system.System) {
	conn := dial(t, s)
	conn.send("GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-Request-ID: one\r\n\r\n" +
		"GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer op-1\r\nX-Request-ID: two\r\n\r\nGARBAGE\r\n\r\n")
	first, second, third := conn.answer(), conn.answer(), conn.answer()
	require.Equal(t, "one", first.Header.Get("X-Request-Id"))
	require.Equal(t, http.StatusOK, first.Status)
	second.Refused(t, http.StatusNotFound, "not_found")
	require.Equal(t, "two", second.Header.Get("X-Request-Id"))
	require.Equal(t, http.StatusBadRequest, third.Status)
	conn.ended()
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct {
		path    string
		private bool
	}{
		{customersPath, true},
		{"/api/v1/nothing", true},
		{"/api/v1/landing/bootstrap", true},
		{"/docs", false},
		{"/docs/swagger-ui.css", false},
		{"/redoc", false},
		{"/openapi.json", false},
		{"/", false},
	} {
		header := s.Call(t, http.MethodGet, test.path, nil).Header
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), test.path)
		require.Equal(t, "no-referrer", header.Get("Referrer-Policy"), test.path)
		require.Equal(t, test.private, header.Get("Cache-Control") == "no-store", test.path)
		require.Equal(t, test.private, header.Get("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'", test.path)
	}
}
