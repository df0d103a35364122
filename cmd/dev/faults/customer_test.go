package faults

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apiclient"
)

const (
	submitPath = "/api/v1/landing/submit/new"
	// retryPause is how soon a caller asks again that had no answer.
	retryPause = 100 * time.Millisecond
	// lookPause is between two looks at work that is to be struck before it is done: a quick machine does all of it in a second.
	lookPause = 10 * time.Millisecond
	// subscriptionPause is between one customer and the next.
	subscriptionPause = 300 * time.Millisecond
)

// subscription is what one customer asked for, and the contract that was acknowledged, by each API that did.
type subscription struct {
	key         string
	request     map[string]any
	contractIDs []string
}

type submission struct {
	Contract struct {
		ID string `json:"id"`
	} `json:"contract"`
	IdempotencyReplayed bool `json:"idempotency_replayed"`
}

// customers subscribe one after the other until ctx ends; each one asks with its key until there is an answer. Some ask all
// APIs at once, as a proxy does that repeats what takes too long.
func (s *site) customers(ctx context.Context, number int, offerID string, acknowledged chan<- subscription) {
	for i := 0; ctx.Err() == nil; i++ {
		name := fmt.Sprintf("%d%03d", number, i)
		each := subscription{key: "subscription-" + name, request: map[string]any{
			"service_category": "mobile", "offer_id": offerID, "cin": "FAULT" + name, "full_name": "Nadia Berrada",
			"contract_start_date": "2026-11-22", "mobile_number_mode": "assign_new",
		}}
		for len(each.contractIDs) == 0 {
			asked := s.apis
			if i%3 != 0 {
				asked = []*apiclient.Client{s.api()}
			}
			// The attempt outlives ctx: a customer waits for the answer.
			each.submit(context.WithoutCancel(ctx), asked)
			time.Sleep(retryPause)
		}
		acknowledged <- each
		select {
		case <-time.After(subscriptionPause):
		case <-ctx.Done():
		}
	}
}

// submit sends a subscription to APIs at once and notes what they acknowledge.
func (s *subscription) submit(ctx context.Context, apis []*apiclient.Client) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	answers := make(chan string, len(apis))
	for _, api := range apis {
		go func() {
			var answer submission
			got, err := api.Do(ctx, http.MethodPost, submitPath, s.request, &answer, "Idempotency-Key", s.key, "Prefer", "wait=5")
			if err != nil || got.Status != http.StatusOK {
				answer.Contract.ID = ""
			}
			answers <- answer.Contract.ID
		}()
	}
	for range apis {
		if id := <-answers; id != "" {
			s.contractIDs = append(s.contractIDs, id)
		}
	}
}

// requireKept checks that every acknowledged subscription is there once, and is answered again as it was.
func (s *site) requireKept(t *testing.T, subscriptions []subscription) {
	t.Helper()
	for _, each := range subscriptions {
		var contractIDs []string
		err := s.pool.QueryRow(t.Context(), `
			SELECT coalesce(array_agg(c.id::text), '{}') FROM contracts c JOIN clients cl ON cl.id = c.client_id WHERE cl.cin = $1`,
			each.request["cin"]).Scan(&contractIDs)
		require.NoError(t, err)
		require.Len(t, contractIDs, 1, "contracts under the key %s", each.key)
		for _, acknowledged := range each.contractIDs {
			require.Equal(t, contractIDs[0], acknowledged, each.key)
		}
		var again submission
		_, err = s.api().Do(t.Context(), http.MethodPost, submitPath, each.request, &again, "Idempotency-Key", each.key)
		require.NoError(t, err, each.key)
		require.True(t, again.IdempotencyReplayed, each.key)
		require.Equal(t, contractIDs[0], again.Contract.ID, each.key)
	}
}

// mobileOffer waits for the API and returns an offer that can be subscribed to.
func (s *site) mobileOffer(t *testing.T) string {
	t.Helper()
	var page struct {
		OfferCategories []struct {
			Category string `json:"category"`
			Offers   []struct {
				ID string `json:"id"`
			} `json:"offers"`
		} `json:"offer_categories"`
	}
	s.eventually(t, "the API serves", func(ctx context.Context) bool {
		_, err := s.api().Do(ctx, http.MethodGet, "/api/v1/landing/bootstrap", nil, &page)
		return err == nil
	})
	require.NotEmpty(t, page.OfferCategories)
	return page.OfferCategories[0].Offers[0].ID
}

// command has an operator send a command until the run is where it leads, or has ended.
func (s *site) command(t *testing.T, location, command, status string) {
	t.Helper()
	s.eventually(t, "the run is "+status, func(ctx context.Context) bool {
		var run apiclient.BillingProgress
		if _, err := s.api().Do(ctx, http.MethodGet, location, nil, &run); err != nil {
			return false
		}
		if run.Status == status || run.Ended() {
			return true
		}
		// The result does not matter: the next read of the run shows the outcome.
		_, _ = s.api().Do(ctx, http.MethodPost, location+"/"+command, nil, nil, "Prefer", "wait=5")
		return false
	})
}

// eventually repeats an attempt until it succeeds, for longer than a system takes that has lost everything.
func (s *site) eventually(t *testing.T, what string, attempt func(ctx context.Context) bool) {
	t.Helper()
	s.repeat(t, what, retryPause, attempt)
}

// reach waits until a share of some work is done, and returns the share that it saw.
func (s *site) reach(t *testing.T, least float64, share func(ctx context.Context) float64) (seen float64) {
	t.Helper()
	s.repeat(t, "the work goes on", lookPause, func(ctx context.Context) bool {
		seen = share(ctx)
		return seen >= least
	})
	return seen
}

func (s *site) repeat(t *testing.T, what string, pause time.Duration, attempt func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		limited, stop := context.WithTimeout(ctx, 20*time.Second)
		succeeded := attempt(limited)
		stop()
		if succeeded {
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			require.FailNow(t, "it does not come about that "+what)
		}
	}
}
