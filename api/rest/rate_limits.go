package rest

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/ratelimit"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// detailRetryAfter is the detail that holds the seconds to wait.
const detailRetryAfter = "retry_after_seconds"

// RateLimits limit a group of operations. A nil limiter limits nothing.
type RateLimits struct{ Address, CIN *ratelimit.Limiter }

// NewRateLimits returns limits by the caller's address and by CIN. The zero limit means none.
func NewRateLimits(address, cin ratelimit.Limit) *RateLimits {
	return &RateLimits{Address: ratelimit.New(address), CIN: ratelimit.New(cin)}
}

// limitAddress refuses requests of an address beyond its limit. It reads only the headers.
func (a *API) limitAddress(limits *RateLimits) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if limits == nil || limits.Address == nil {
			next(ctx)
			return
		}
		r, w := humachi.Unwrap(ctx)
		if err := a.within(limits.Address, addressKey(clientAddress(r, a.Config.Proxies))); err != nil {
			writeEnvelope(w, newErrorEnvelope(r.Context(), err))
			return
		}
		next(ctx)
	}
}

// LimitCIN refuses requests for a normalised CIN beyond its limit, across all addresses.
func (a *API) LimitCIN(limits *RateLimits, cin string) error {
	return a.within(limits.CIN, cin)
}

func (a *API) within(limiter *ratelimit.Limiter, key string) error {
	wait, allowed := limiter.Allow(key, a.Now())
	if allowed {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return refusal.New(refusal.RateLimited).With(detailRetryAfter, seconds)
}
