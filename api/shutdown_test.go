package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestShutdown_AnswersWaitingCallers(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	body, key := newMobile(newOffer(t, s, mobileOffer())), newKey()
	release := lockTable(t, s, "subscribers", "EXCLUSIVE")
	type answer struct {
		system.Response
		err error
	}
	answered := make(chan answer, 1)
	go func() {
		response, err := s.TryCall(http.MethodPost, submitNewPath, body, key)
		release() // The worker can only finish its transaction now, after the answer.
		answered <- answer{response, err}
	}()
	require.Eventually(t, func() bool {
		return count(t, s, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
	}, 30*time.Second, 10*time.Millisecond, "the submit does not come to the lock")
	s.Restart(t)

	first := <-answered
	require.NoError(t, first.err)
	require.Equal(t, http.StatusAccepted, first.Status, "%s", first.Body)
	require.NotEmpty(t, first.Header.Get("Location"))
	require.NotEmpty(t, first.Header.Get("Retry-After"))
	created(t, s, submitNewPath, body, key)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contracts"))
}
