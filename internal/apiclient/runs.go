package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

const runsPath = "/api/v1/billing/runs"

// Runs lists the newest billing runs, those of one status if it is given.
func (c *Client) Runs(ctx context.Context, status string, size int) ([]BillingProgress, error) {
	query := url.Values{"size": {strconv.Itoa(size)}}
	if status != "" {
		query.Set("filters", "status="+status)
	}
	var page struct {
		Data []json.RawMessage `json:"data"`
	}
	if _, err := c.Do(ctx, http.MethodGet, runsPath+"?"+query.Encode(), nil, &page); err != nil {
		return nil, err
	}
	runs := make([]BillingProgress, len(page.Data))
	for i, row := range page.Data {
		if err := runs[i].read(row); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// Run returns a billing run as it is now.
func (c *Client) Run(ctx context.Context, id string) (BillingProgress, error) {
	answer, err := c.Do(ctx, http.MethodGet, runPath(id), nil, nil)
	return readRun(answer, err)
}

// CommandRun sends a command to a run: pause, resume, approve, cancel or retry, and
// returns the run as it is then. Where the command takes longer than the API waits,
// it is carried out later and accepted is true.
func (c *Client) CommandRun(ctx context.Context, id, command, reason string) (run BillingProgress, accepted bool, err error) {
	body := map[string]string{}
	if reason != "" {
		body["reason"] = reason
	}
	answer, err := c.Do(ctx, http.MethodPost, runPath(id)+"/"+command, body, nil)
	if err == nil && answer.Status == http.StatusAccepted {
		run, err = c.Run(ctx, id)
		return run, true, err
	}
	run, err = readRun(answer, err)
	return run, false, err
}

func runPath(id string) string { return runsPath + "/" + url.PathEscape(id) }

func readRun(answer Answer, err error) (run BillingProgress, _ error) {
	if err != nil {
		return run, err
	}
	return run, run.read(answer.Body)
}

// read keeps the whole answer beside what is read of it.
func (p *BillingProgress) read(body []byte) error {
	p.Whole = body
	return json.Unmarshal(body, p)
}
