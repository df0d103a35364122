// Package config reads the program's settings from the environment and checks them.
package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"path/filepath"
	"strconv"

	"github.com/caarlos0/env/v11"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
	"github.com/mtfacturation/mtf/internal/token"
)

// Environment says how far callers are trusted.
type Environment string

// The environments. Local and test trust the identity that a caller claims, and sign
// tokens with a known secret. Any other name means production.
const (
	Local Environment = "local"
	Test  Environment = "test"
)

// TrustsCallers reports whether identities need no proof here.
func (e Environment) TrustsCallers() bool { return e == Local || e == Test }

// Config holds all settings of the program, except for Temporal's settings, which its SDK
// reads from TEMPORAL_* variables.
type Config struct {
	Environment Environment `env:"MTF_ENV" envDefault:"local"`
	DatabaseURL string      `env:"DATABASE_URL"`
	HTTPAddress string      `env:"MTF_HTTP_ADDR" envDefault:"127.0.0.1:8000"`
	// MetricsAddress is where Prometheus is answered, or Off.
	MetricsAddress string `env:"MTF_METRICS_ADDR" envDefault:"off"`
	TimeZone       string `env:"MTF_TIME_ZONE" envDefault:"Africa/Casablanca"`
	TokenSecret    string `env:"MTF_TOKEN_SECRET"`
	// PayloadKeys encrypt the payloads that Temporal stores. The first key encrypts new payloads.
	PayloadKeys payloadcodec.Keys `env:"MTF_PAYLOAD_KEYS"`
	// DataDirectory contains the documents unless DocumentsDirectory is set.
	DataDirectory      string   `env:"MTF_DATA_DIR" envDefault:".data"`
	DocumentsDirectory string   `env:"MTF_DOCUMENTS_DIR"`
	CORSOrigins        []string `env:"MTF_CORS_ORIGINS"`
	// Organisations are what other systems call the operator.
	Organisations []string `env:"MTF_ORGANISATIONS"`

	Documents      Documents
	Billing        Billing
	Collections    Collections
	MonthlyBilling MonthlyBilling
	DocumentCheck  DocumentCheck
	Seller         Seller
	Auth           Auth
	Dunning        Dunning
	Notify         Notify

	HTTP       HTTP
	Admission  Admission
	RateLimits RateLimits
	Proxies    Proxies
}

// Billing sets the size of a run's chunks and how many chunks are processed concurrently.
type Billing struct {
	ChunkClients int32 `env:"MTF_BILLING_CHUNK_CLIENTS" envDefault:"1000"`
	Concurrency  int   `env:"MTF_BILLING_CONCURRENCY" envDefault:"2"`
	// A run beyond these bounds waits for an operator. MaxGrowth is a multiple of the invoice
	// count of the largest recent run. MaxTotal is in dirhams. 0 means no bound.
	MaxGrowth   float64 `env:"MTF_BILLING_MAX_GROWTH" envDefault:"3"`
	MinInvoices int32   `env:"MTF_BILLING_MAX_GROWTH_MIN_INVOICES" envDefault:"1000"`
	MaxTotal    int64   `env:"MTF_BILLING_MAX_TOTAL" envDefault:"0"`
	// FaultyAttempts is the number of attempts of a chunk before a fault fails its run. The
	// waits between ten attempts add up to about two minutes.
	FaultyAttempts int32 `env:"MTF_BILLING_FAULTY_ATTEMPTS" envDefault:"10"`
}

// SafetyLimits returns the limits beyond which a run waits for an operator.
func (b Billing) Bounds() billing.SafetyLimits {
	return billing.SafetyLimits{MaxGrowth: b.MaxGrowth, MinInvoices: b.MinInvoices, MaxTotal: money.Amount(b.MaxTotal * 100)}
}

// Seller is the operator that issues contracts and invoices. Local and test use a demo seller.
// In any other environment it must be configured, because its name and ICE are on legal documents.
type Seller struct {
	Code         string   `env:"MTF_SELLER_CODE" envDefault:"MTF"`
	NumberPrefix string   `env:"MTF_INVOICE_NUMBER_PREFIX" envDefault:"FA"`
	NumberFormat string   `env:"MTF_INVOICE_NUMBER_FORMAT" envDefault:"{prefix}-{year}-{sequence:7}"`
	Name         string   `env:"MTF_SELLER_NAME"`
	AddressLines []string `env:"MTF_SELLER_ADDRESS" envSeparator:"|"`
	Phone        string   `env:"MTF_SELLER_PHONE"`
	Email        string   `env:"MTF_SELLER_EMAIL"`
	ICE          string   `env:"MTF_SELLER_ICE"`
	TaxID        string   `env:"MTF_SELLER_TAX_ID"`
	Register     string   `env:"MTF_SELLER_TRADE_REGISTER"`
	BusinessTax  string   `env:"MTF_SELLER_BUSINESS_TAX"`
	BankName     string   `env:"MTF_SELLER_BANK_NAME"`
	BankAccount  string   `env:"MTF_SELLER_BANK_ACCOUNT"`
}

// Issuer is the seller as billing knows it. The settings must have been checked.
func (s Seller) Issuer() billing.Seller {
	format, _ := billing.ParseNumberFormat(s.NumberFormat)
	return billing.Seller{Code: s.Code, NumberPrefix: s.NumberPrefix, NumberFormat: format}
}

// demoSeller returns the seller of local and test documents, which are not legal documents.
func demoSeller(told Seller) Seller {
	return Seller{
		Code: told.Code, NumberPrefix: told.NumberPrefix, NumberFormat: told.NumberFormat, Name: "MT Facturation SA",
		AddressLines: []string{"12, avenue Mohammed V", "10000 Rabat, Maroc"}, Phone: "+212 5 37 00 00 00",
		Email: "contact@mt-facturation.example", ICE: "001234567000062", TaxID: "12345678", Register: "Rabat 123456",
	}
}

// Letterhead is the seller as documents show it.
func (s Seller) Letterhead() pdf.Letterhead {
	return pdf.Letterhead{
		Name: s.Name, AddressLines: s.AddressLines, Phone: s.Phone, Email: s.Email, ICE: s.ICE, TaxID: s.TaxID,
		TradeRegister: s.Register, BusinessTax: s.BusinessTax, BankName: s.BankName, BankAccount: s.BankAccount,
	}
}

// defaultOrganisation is the operator's name if no other names are configured.
const defaultOrganisation = "mtf"

// localTokenSecret signs tokens where nothing is secret.
const localTokenSecret = "local-and-test-only-token-secret"

// FromEnvironment reads the settings and returns all that is wrong with them.
func FromEnvironment() (Config, error) {
	config, err := env.ParseAs[Config]()
	if err != nil {
		return Config{}, fmt.Errorf("config: %w", err)
	}
	return config.Complete()
}

// Complete fills in what depends on other settings and checks the whole.
func (c Config) Complete() (Config, error) {
	if c.DocumentsDirectory == "" {
		c.DocumentsDirectory = filepath.Join(c.DataDirectory, "documents")
	}
	if c.MetricsAddress == "" {
		c.MetricsAddress = Off
	}
	if c.TokenSecret == "" && c.Environment.TrustsCallers() {
		c.TokenSecret = localTokenSecret
	}
	if c.Seller.Name == "" && c.Environment.TrustsCallers() {
		c.Seller = demoSeller(c.Seller)
	}
	if len(c.Organisations) == 0 {
		c.Organisations = []string{defaultOrganisation}
	}
	c.Documents = c.Documents.withDefaults()
	c.Auth = c.Auth.withDefaults()
	c.Notify = c.Notify.withDefaults(c.Environment, c.DataDirectory)
	c.completeProtection()
	return c, errors.Join(append(c.problems(), c.Auth.problems()...)...)
}

func (c Config) problems() []error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf("config: "+format, args...)) }
	if !c.Environment.TrustsCallers() && (len(c.TokenSecret) < token.MinSecretLength || c.TokenSecret == localTokenSecret) {
		add("MTF_TOKEN_SECRET must be set to a separate secret of at least %d characters when MTF_ENV is %q", token.MinSecretLength, c.Environment)
	}
	if !c.Environment.TrustsCallers() && c.PayloadKeys.Empty() {
		add("MTF_PAYLOAD_KEYS must be set when MTF_ENV is %q: histories in Temporal hold data of persons; mtf payload-key makes a key", c.Environment)
	}
	for _, name := range c.Organisations {
		if !identity.ValidOrganisation(name) {
			add("MTF_ORGANISATIONS: %q is not 1 to 64 letters, digits, '.', '_' and '-' that begin with a letter or a digit", name)
		}
	}
	if _, err := calendar.LoadZone(c.TimeZone); err != nil {
		add("MTF_TIME_ZONE: %w", err)
	}
	if _, _, err := net.SplitHostPort(c.MetricsAddress); c.MetricsAddress != Off && err != nil {
		add("MTF_METRICS_ADDR must be host:port, such as 127.0.0.1:9464, or off")
	}
	if c.Billing.ChunkClients < 1 || c.Billing.ChunkClients > 10_000 {
		add("MTF_BILLING_CHUNK_CLIENTS must be 1 to 10000")
	}
	if c.Billing.Concurrency < 1 || c.Billing.Concurrency > 64 {
		add("MTF_BILLING_CONCURRENCY must be 1 to 64")
	}
	if c.Billing.MaxTotal > math.MaxInt64/100 {
		add("MTF_BILLING_MAX_TOTAL is too large")
	}
	if c.Billing.MaxGrowth < 0 || c.Billing.MinInvoices < 0 || c.Billing.MaxTotal < 0 {
		add("MTF_BILLING_MAX_GROWTH, MTF_BILLING_MAX_GROWTH_MIN_INVOICES and MTF_BILLING_MAX_TOTAL must not be negative")
	}
	if c.Billing.FaultyAttempts < 1 {
		add("MTF_BILLING_FAULTY_ATTEMPTS must be at least 1")
	}
	c.scheduleProblems(add)
	if c.Seller.Code == "" || c.Seller.NumberPrefix == "" {
		add("MTF_SELLER_CODE and MTF_INVOICE_NUMBER_PREFIX must not be empty")
	}
	if c.Seller.NumberFormat != "" {
		if _, err := billing.ParseNumberFormat(c.Seller.NumberFormat); err != nil {
			add("MTF_INVOICE_NUMBER_FORMAT: %w", err)
		}
	}
	if c.Seller.Name == "" {
		add("MTF_SELLER_NAME must be set when MTF_ENV is %q", c.Environment)
	}
	if c.Seller.ICE != "" && !validICE(c.Seller.ICE) {
		add("MTF_SELLER_ICE must be 15 digits that are divisible by 97")
	}
	c.Documents.problems(add)
	c.Dunning.problems(add)
	c.Notify.problems(add)
	c.protectionProblems(add)
	return problems
}

// validICE checks the identifier of a Moroccan company: 15 digits, divisible by 97.
func validICE(ice string) bool {
	const digits = 15
	number, err := strconv.ParseUint(ice, 10, 64)
	return err == nil && len(ice) == digits && number%97 == 0
}

// RequireDatabase returns a clear error when no database is configured.
func (c Config) RequireDatabase() error {
	if c.DatabaseURL == "" {
		return errors.New("config: DATABASE_URL is not set; it looks like postgres://user:password@host:5432/mtf")
	}
	return nil
}
