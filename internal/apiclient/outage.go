package apiclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long a client retries while the API is down. It exceeds the time of a restart.
const patience = 2 * time.Minute

// persistently asks until there is an answer, which may be an error. While the API is
// away it asks again, for the client's patience at most; ctx ends it too.
func (c *Client) persistently(ctx context.Context, ask func() error) error {
	began := time.Now()
	for {
		err := ask()
		switch {
		case ctx.Err() != nil || !away(err):
			return err
		case time.Since(began) > c.patience:
			return fmt.Errorf("apiclient: the API was away for %s: %w", c.patience, err)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// away reports whether an error means that the API or a part it needs cannot be reached now:
// the response was incomplete, or a proxy without a backend sent it.
func away(err error) bool {
	if answer, ok := errors.AsType[*Error](err); ok {
		switch answer.Status {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// pause waits until it is time to ask again.
func pause(ctx context.Context) error {
	timer := time.NewTimer(pollInterval)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("apiclient: waiting to ask again: %w", ctx.Err())
	case <-timer.C:
		return nil
	}
}
