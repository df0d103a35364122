package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// EnvelopeListener makes the server's own answers look like those of the API. To
// bytes that are no HTTP request net/http answers by itself, in plain text and
// without asking any handler; these few answers are replaced on their way out. It is
// for a server that speaks HTTP without TLS.
func EnvelopeListener(listener net.Listener) net.Listener { return envelopeListener{listener} }

type envelopeListener struct{ net.Listener }

// Accept implements net.Listener.
func (l envelopeListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		return envelopeConn{tcp}, nil
	}
	return conn, nil
}

// envelopeConn keeps what net/http asks of a TCP connection, closing one half of it
// for one, which lets a refused caller read its answer.
type envelopeConn struct{ *net.TCPConn }

// plainHeaders is how net/http ends the head of such an answer. No handler's answer
// looks like it: theirs have other headers before the type of their content.
const plainHeaders = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// plainPrefix begins every answer of HTTP/1.1, whose status follows.
const plainPrefix = "HTTP/1.1 "

// Write implements net.Conn.
func (c envelopeConn) Write(content []byte) (int, error) {
	status, plain := plainAnswer(content)
	if !plain {
		return c.TCPConn.Write(content)
	}
	if _, err := c.TCPConn.Write(serverEnvelope(status)); err != nil {
		return 0, err
	}
	return len(content), nil
}

// plainAnswer returns the status of an answer that net/http gives by itself.
func plainAnswer(content []byte) (status int, plain bool) {
	if !bytes.HasPrefix(content, []byte(plainPrefix)) {
		return 0, false
	}
	line := content[len(plainPrefix):]
	end := bytes.IndexByte(line, '\r')
	if end < 3 || !bytes.HasPrefix(line[end:], []byte(plainHeaders)) {
		return 0, false
	}
	status, err := strconv.Atoi(string(line[:3]))
	return status, err == nil
}

func serverEnvelope(status int) []byte {
	code := codeBadRequest
	if status == http.StatusRequestHeaderFieldsTooLarge {
		code = codeHeadersTooLarge
	}
	id := uuid.NewString()
	ctx := context.WithValue(context.Background(), requestKey{}, id)
	body, err := json.Marshal(plainEnvelope(ctx, status, code, documentedMessage(code)))
	if err != nil {
		panic("api: an envelope of plain texts always encodes: " + err.Error())
	}
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %d\r\nContent-Type: application/json\r\n"+
		"Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n%s: %s\r\n\r\n%s",
		status, http.StatusText(status), len(body), headerRequestID, id, body)
}
