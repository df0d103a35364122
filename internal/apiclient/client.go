// Package apiclient speaks the HTTP API for the command line and the demo.
package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// requestTimeout is longer than the longest wait that the API allows.
const requestTimeout = 90 * time.Second

// Client calls one API.
type Client struct {
	base  string
	token string
	http  *http.Client
	// patience bounds how long an API that is away is asked again.
	patience time.Duration
}

// New returns a client of the API at a base URL, such as http://127.0.0.1:8000.
func New(base, token string) *Client {
	return &Client{base: strings.TrimRight(base, "/"), token: token, http: &http.Client{Timeout: requestTimeout}, patience: patience}
}

// Error is an unsuccessful response. A response that a proxy made has no code; its message is
// the beginning of the body.
type Error struct {
	Status  int            `json:"-"`
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details"`
	TraceID string         `json:"trace_id"`
}

// Error implements error.
func (e *Error) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("status %d: %s", e.Status, e.Message)
	}
	return fmt.Sprintf("the API answered %d %s: %s (trace %s)", e.Status, e.Code, e.Message, e.TraceID)
}

// HasCode reports whether an error is an answer with this code.
func HasCode(err error, code string) bool {
	answer, ok := errors.AsType[*Error](err)
	return ok && answer.Code == code
}

// Answer is a successful answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request with a JSON body, if there is one, and reads a JSON answer into
// target, if there is one. Headers come in pairs of name and value.
func (c *Client) Do(ctx context.Context, method, path string, body, target any, headers ...string) (Answer, error) {
	answer, err := c.send(ctx, method, path, body, headers)
	if err != nil || target == nil {
		return answer, err
	}
	if err := json.Unmarshal(answer.Body, target); err != nil {
		return answer, fmt.Errorf("apiclient: %s %s: %w", method, path, err)
	}
	return answer, nil
}

func (c *Client) send(ctx context.Context, method, path string, body any, headers []string) (Answer, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return Answer{}, fmt.Errorf("apiclient: encode: %w", err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return Answer{}, fmt.Errorf("apiclient: %w", err)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("apiclient: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("apiclient: read answer: %w", err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return Answer{}, errorOf(response.StatusCode, read)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: read}, nil
}

func errorOf(status int, body []byte) error {
	var envelope struct {
		Error Error `json:"error"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Error.Code == "" {
		return &Error{Status: status, Message: fmt.Sprintf("%.200s", body)}
	}
	envelope.Error.Status = status
	return &envelope.Error
}
