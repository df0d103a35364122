package config

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/mtfacturation/mtf/internal/ratelimit"
)

// HTTP limits the resources of one connection. A zero field gets its default.
type HTTP struct {
	// HeaderTimeout bounds how long the line and the headers of a request may arrive.
	HeaderTimeout time.Duration `env:"MTF_HTTP_HEADER_TIMEOUT"`
	// BodyTimeout bounds how long a body may arrive after the headers.
	BodyTimeout time.Duration `env:"MTF_HTTP_BODY_TIMEOUT"`
	// RequestTimeout bounds the work on a request, but not the wait for a process.
	RequestTimeout time.Duration `env:"MTF_HTTP_REQUEST_TIMEOUT"`
	// StartTimeout bounds the start of a process, before the wait for it.
	StartTimeout time.Duration `env:"MTF_HTTP_START_TIMEOUT"`
	// SyncTimeout bounds how long a reader of cases waits until they are in step with the
	// business day. It is part of RequestTimeout.
	SyncTimeout time.Duration `env:"MTF_HTTP_SYNC_TIMEOUT"`
	// AnswerTimeout bounds how long a caller may take to read its answer.
	AnswerTimeout time.Duration `env:"MTF_HTTP_ANSWER_TIMEOUT"`
	// IdleTimeout ends connections on which no request comes.
	IdleTimeout time.Duration `env:"MTF_HTTP_IDLE_TIMEOUT"`
}

// Admission bounds how many callers wait for processes or read exports at once, for
// each kind of work. A zero field gets its default.
type Admission struct {
	// Interactive is for submits, provisioning and document links.
	Interactive int64 `env:"MTF_ADMISSION_LIMIT"`
	// Billing is for billing runs, whose callers wait long.
	Billing int64 `env:"MTF_ADMISSION_LIMIT_BILLING"`
	// Exports is how many exports are sent at once; each keeps a database connection.
	Exports int64 `env:"MTF_ADMISSION_LIMIT_EXPORTS"`
}

// RateLimits limit the public landing operations and the operations for other systems. A
// limit that is not set is off in local and test, where demos and load come from one
// address.
type RateLimits struct {
	VerifyPerAddress ratelimit.Limit `env:"MTF_RATE_LIMIT_VERIFY_PER_ADDRESS"`
	VerifyPerCIN     ratelimit.Limit `env:"MTF_RATE_LIMIT_VERIFY_PER_CIN"`
	SubmitPerAddress ratelimit.Limit `env:"MTF_RATE_LIMIT_SUBMIT_PER_ADDRESS"`
	SubmitPerCIN     ratelimit.Limit `env:"MTF_RATE_LIMIT_SUBMIT_PER_CIN"`
	LinkPerAddress   ratelimit.Limit `env:"MTF_RATE_LIMIT_DOCUMENT_LINK_PER_ADDRESS"`
	LinkPerCIN       ratelimit.Limit `env:"MTF_RATE_LIMIT_DOCUMENT_LINK_PER_CIN"`
	DraftPerAddress  ratelimit.Limit `env:"MTF_RATE_LIMIT_DRAFT_PER_ADDRESS"`
	// TokenPerAddress is for what needs a token: lookups and downloads.
	TokenPerAddress ratelimit.Limit `env:"MTF_RATE_LIMIT_TOKEN_PER_ADDRESS"`

	ContractDocumentsPerAddress ratelimit.Limit `env:"MTF_RATE_LIMIT_CONTRACT_DOCUMENTS_PER_ADDRESS"`
	LedgerPerAddress            ratelimit.Limit `env:"MTF_RATE_LIMIT_LEDGER_PER_ADDRESS"`
}

// Proxies says whose word about a caller's address is taken.
type Proxies struct {
	// Trusted are the networks of the proxies in front of the API.
	Trusted []netip.Prefix `env:"MTF_TRUSTED_PROXIES"`
	// Header is the one header they write: X-Forwarded-For or Forwarded.
	Header string `env:"MTF_FORWARDED_HEADER"`
}

// Trust reports whether an address belongs to a proxy in front.
func (p Proxies) Trust(address netip.Addr) bool {
	for _, network := range p.Trusted {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// headerForwardedFor is what nearly every proxy writes.
const headerForwardedFor = "X-Forwarded-For"

// completeProtection fills in the defaults.
func (c *Config) completeProtection() {
	fill(&c.HTTP.HeaderTimeout, 5*time.Second)
	fill(&c.HTTP.BodyTimeout, 10*time.Second)
	fill(&c.HTTP.RequestTimeout, 10*time.Second)
	fill(&c.HTTP.StartTimeout, 5*time.Second)
	fill(&c.HTTP.SyncTimeout, c.HTTP.RequestTimeout*4/5)
	fill(&c.HTTP.AnswerTimeout, 30*time.Second)
	fill(&c.HTTP.IdleTimeout, 2*time.Minute)
	fill(&c.Admission.Interactive, 64)
	fill(&c.Admission.Billing, 16)
	fill(&c.Admission.Exports, 4)
	fill(&c.Proxies.Header, headerForwardedFor)
	c.Proxies.Header = http.CanonicalHeaderKey(c.Proxies.Header)
	c.RateLimits.complete(c.Environment.TrustsCallers())
}

// complete sets the limits that are not set. Whole networks of mobile phones share one
// address, so the limits per address are wide. The limits per CIN are narrow, because a
// stranger tries CINs.
func (l *RateLimits) complete(trusting bool) {
	for _, limit := range []struct {
		set     *ratelimit.Limit
		outside ratelimit.Limit
	}{
		{&l.VerifyPerAddress, ratelimit.Limit{Count: 60, Period: time.Minute}},
		{&l.VerifyPerCIN, ratelimit.Limit{Count: 10, Period: 10 * time.Minute}},
		{&l.SubmitPerAddress, ratelimit.Limit{Count: 60, Period: time.Minute}},
		{&l.SubmitPerCIN, ratelimit.Limit{Count: 10, Period: 10 * time.Minute}},
		{&l.LinkPerAddress, ratelimit.Limit{Count: 60, Period: time.Minute}},
		{&l.LinkPerCIN, ratelimit.Limit{Count: 20, Period: 10 * time.Minute}},
		{&l.DraftPerAddress, ratelimit.Limit{Count: 120, Period: time.Minute}},
		{&l.TokenPerAddress, ratelimit.Limit{Count: 300, Period: time.Minute}},
		{&l.ContractDocumentsPerAddress, ratelimit.Limit{Count: 600, Period: time.Minute}},
		{&l.LedgerPerAddress, ratelimit.Limit{Count: 1200, Period: time.Minute}},
	} {
		switch {
		case limit.set.IsSet():
		case trusting:
			*limit.set = ratelimit.Off
		default:
			*limit.set = limit.outside
		}
	}
}

// fill sets what is zero.
func fill[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}

// protectionProblems notes what is wrong with the limits.
func (c Config) protectionProblems(add func(format string, args ...any)) {
	for name, timeout := range map[string]time.Duration{
		"MTF_HTTP_HEADER_TIMEOUT": c.HTTP.HeaderTimeout, "MTF_HTTP_BODY_TIMEOUT": c.HTTP.BodyTimeout,
		"MTF_HTTP_REQUEST_TIMEOUT": c.HTTP.RequestTimeout, "MTF_HTTP_START_TIMEOUT": c.HTTP.StartTimeout,
		"MTF_HTTP_SYNC_TIMEOUT":   c.HTTP.SyncTimeout,
		"MTF_HTTP_ANSWER_TIMEOUT": c.HTTP.AnswerTimeout, "MTF_HTTP_IDLE_TIMEOUT": c.HTTP.IdleTimeout,
	} {
		if timeout < 0 || timeout > time.Hour {
			add("%s must be more than 0 and at most 1h", name)
		}
	}
	if c.HTTP.SyncTimeout >= c.HTTP.RequestTimeout {
		add("MTF_HTTP_SYNC_TIMEOUT must be less than MTF_HTTP_REQUEST_TIMEOUT")
	}
	if c.Admission.Interactive < 1 || c.Admission.Billing < 1 || c.Admission.Exports < 1 {
		add("MTF_ADMISSION_LIMIT, MTF_ADMISSION_LIMIT_BILLING and MTF_ADMISSION_LIMIT_EXPORTS must be at least 1")
	}
	if c.Proxies.Header != headerForwardedFor && c.Proxies.Header != "Forwarded" {
		add("MTF_FORWARDED_HEADER must be X-Forwarded-For or Forwarded")
	}
}
