package system

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Header is one header of a request.
type Header struct{ Name, Value string }

// Key is the Idempotency-Key header.
func Key(key string) Header { return Header{"Idempotency-Key", key} }

// Anonymous removes the identity from a request.
var Anonymous = Header{"Authorization", ""}

// Response is a response of the API.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Call sends a request as an operator. It sends the body as JSON, and a string unchanged. A response
// that the OpenAPI document does not declare fails the test.
func (s *System) Call(t testing.TB, method, path string, body any, headers ...Header) Response {
	t.Helper()
	response, err := s.TryCall(method, path, body, headers...)
	require.NoError(t, err, "%s %s", method, path)
	return response
}

// TryCall is Call for goroutines other than that of the test: it returns the failure.
func (s *System) TryCall(method, path string, body any, headers ...Header) (Response, error) {
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = bytes.NewBufferString(body)
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			return Response{}, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, s.URL+path, content)
	if err != nil {
		return Response{}, err
	}
	request.Header.Set("Authorization", "Bearer op-1:ops,billing")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		request.Header.Set(header.Name, header.Value)
		if header.Value == "" {
			request.Header.Del(header.Name)
		}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return Response{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		return Response{}, err
	}
	response := Response{Status: answer.StatusCode, Header: answer.Header, Body: read}
	return response, s.conforms(method, path, response)
}

// Get is Call for a GET that must succeed; it reads the answer into target.
func (s *System) Get(t testing.TB, path string, target any) {
	t.Helper()
	s.Call(t, http.MethodGet, path, nil).Into(t, http.StatusOK, target)
}

// Post is Call for a POST that must succeed; it reads the answer into target.
func (s *System) Post(t testing.TB, path string, body, target any, headers ...Header) {
	t.Helper()
	s.Call(t, http.MethodPost, path, body, headers...).Into(t, http.StatusOK, target)
}

// Into checks the status and reads the answer into target.
func (r Response) Into(t testing.TB, status int, target any) {
	t.Helper()
	require.Equal(t, status, r.Status, "answer: %s", r.Body)
	if target != nil {
		require.NoError(t, json.Unmarshal(r.Body, target), "answer: %s", r.Body)
	}
}

// headerErrorCode carries the code of an error whose body cannot.
const headerErrorCode = "X-Error-Code"

// errorBody holds the fields of an error.
type errorBody struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details"`
	TraceID string         `json:"trace_id"`
}

// readError reads an error whose body has its code, and reports whether it is in the envelope.
// Doors with another error format send it without one.
func (r Response) readError() (found errorBody, enveloped bool, err error) {
	var body struct {
		errorBody
		Error *errorBody `json:"error"`
	}
	err = json.Unmarshal(r.Body, &body)
	if body.Error != nil {
		return *body.Error, true, err
	}
	return body.errorBody, false, err
}

// Code returns the code of an error in any error format, or "" if there is none.
func (r Response) Code() string {
	if code := r.Header.Get(headerErrorCode); code != "" {
		return code
	}
	found, _, _ := r.readError()
	return found.Code
}

// Refused checks that the answer is an error with a status and a code, and returns its
// details. An error whose body cannot carry details has none.
func (r Response) Refused(t testing.TB, status int, code string) map[string]any {
	t.Helper()
	if found := r.Header.Get(headerErrorCode); found != "" {
		require.Equal(t, code, found, "answer: %s", r.Body)
		require.Equal(t, status, r.Status, "answer: %s", r.Body)
		return nil
	}
	found, enveloped, err := r.readError()
	require.NoError(t, err, "answer: %s", r.Body)
	require.Equal(t, code, found.Code, "answer: %s", r.Body)
	require.Equal(t, status, r.Status, "answer: %s", r.Body)
	require.NotEmpty(t, found.Message, "answer: %s", r.Body)
	require.NotNil(t, found.Details, "answer: %s", r.Body)
	if enveloped {
		require.Equal(t, r.Header.Get("X-Request-Id"), found.TraceID, "answer: %s", r.Body)
	}
	return found.Details
}
