package api

import (
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/ratelimit"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// detailRetryAfter is the detail that says for how many seconds to wait.
const detailRetryAfter = "retry_after_seconds"

// limitKind names operations that share their limits.
type limitKind string

// The kinds of operations that are limited: public ones, and those that other systems call.
const (
	limitVerify limitKind = "verify"
	limitSubmit limitKind = "submit"
	limitLink   limitKind = "document_link"
	limitDraft  limitKind = "draft"
	limitToken  limitKind = "token"

	limitContractDocuments limitKind = "contract_documents"
	limitLedger            limitKind = "ledger"
)

// limiters are those of one kind; nil ones limit nothing.
type limiters struct{ address, cin *ratelimit.Limiter }

func newLimiters(limits config.RateLimits) map[limitKind]limiters {
	return map[limitKind]limiters{
		limitVerify: {ratelimit.New(limits.VerifyPerAddress), ratelimit.New(limits.VerifyPerCIN)},
		limitSubmit: {ratelimit.New(limits.SubmitPerAddress), ratelimit.New(limits.SubmitPerCIN)},
		limitLink:   {ratelimit.New(limits.LinkPerAddress), ratelimit.New(limits.LinkPerCIN)},
		limitDraft:  {ratelimit.New(limits.DraftPerAddress), nil},
		limitToken:  {ratelimit.New(limits.TokenPerAddress), nil},

		limitContractDocuments: {ratelimit.New(limits.ContractDocumentsPerAddress), nil},
		limitLedger:            {ratelimit.New(limits.LedgerPerAddress), nil},
	}
}

// limitAddress refuses a request of an address that has had its share, before
// anything of it is read but its headers.
func (s *Server) limitAddress(kind limitKind) func(huma.Context, func(huma.Context)) {
	limiter := s.limiters[kind].address
	return func(ctx huma.Context, next func(huma.Context)) {
		if limiter == nil {
			next(ctx)
			return
		}
		r, w := humachi.Unwrap(ctx)
		if err := s.within(limiter, addressKey(clientAddress(r, s.Config.Proxies))); err != nil {
			writeEnvelope(w, envelopeOf(r.Context(), err))
			return
		}
		next(ctx)
	}
}

// limitCIN refuses a request about a CIN, which is normalised, that has been asked
// about too often, by whomever.
func (s *Server) limitCIN(kind limitKind, cin string) error {
	return s.within(s.limiters[kind].cin, cin)
}

func (s *Server) within(limiter *ratelimit.Limiter, key string) error {
	wait, allowed := limiter.Allow(key, s.Now())
	if allowed {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return refusal.New(refusal.RateLimited).With(detailRetryAfter, seconds)
}
