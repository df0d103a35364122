package benchmark

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Caller sends requests to a running system over connections that are kept.
type Caller struct {
	url    string
	client *http.Client
}

// NewCaller returns a caller of the API at a base URL.
func NewCaller(url string) *Caller {
	const connections = 256
	return &Caller{url: url, client: &http.Client{Transport: &http.Transport{
		MaxIdleConns: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
	}}}
}

// Post sends a body under an Idempotency-Key. Any answer but 200 is an error.
func (c *Caller) Post(path, key string, body any) error {
	return c.post(http.StatusOK, path, key, body)
}

// PostAsync is Post without waiting for the process. Any answer but 202 is an error.
func (c *Caller) PostAsync(path, key string, body any) error {
	return c.post(http.StatusAccepted, path, key, body)
}

func (c *Caller) post(status int, path, key string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, c.url+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	if status == http.StatusAccepted {
		request.Header.Set("Prefer", "respond-async")
	}
	return c.do(request, status)
}

func (c *Caller) do(request *http.Request, status int) error {
	request.Header.Set("Authorization", "Bearer bench:ops,billing")
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != status {
		err = fmt.Errorf("%s %s answered %d: %s", request.Method, request.URL.Path, answer.StatusCode, read)
	}
	return err
}
