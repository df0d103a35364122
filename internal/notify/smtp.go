package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/mtfacturation/mtf/internal/loopback"
)

// The ways in which the connection to an SMTP server is protected.
const (
	// StartTLS asks the server for encryption and sends nothing without it.
	StartTLS = "starttls"
	// ImplicitTLS encrypts from the first byte.
	ImplicitTLS = "implicit"
	// NoTLS does not encrypt: for servers on this machine.
	NoTLS = "none"
)

// SMTPSettings say how messages are sent.
type SMTPSettings struct {
	// Address is the server's host and port.
	Address string
	TLS     string
	// User is empty for a server that asks for none.
	User, Password string
	// From is the sender, an address with or without a name.
	From string
	// Timeout bounds the connection and every answer of the server.
	Timeout time.Duration
	// Roots are the authorities that may sign the server's certificate; nil means the system's authorities.
	Roots *x509.CertPool
}

// Validate returns all that is wrong with the settings.
func (s SMTPSettings) Validate() error {
	var problems []error
	host, port, err := net.SplitHostPort(s.Address)
	if number, bad := strconv.ParseUint(port, 10, 16); err != nil || host == "" || bad != nil || number == 0 {
		problems = append(problems, errors.New("the server must be host:port"))
	}
	switch s.TLS {
	case StartTLS, ImplicitTLS:
	case NoTLS:
		if !loopback.Host(host) {
			problems = append(problems, errors.New("messages must not leave this machine without TLS"))
		}
	default:
		problems = append(problems, fmt.Errorf("TLS must be %s, %s or %s", StartTLS, ImplicitTLS, NoTLS))
	}
	if _, err := netmail.ParseAddress(s.From); err != nil || strings.ContainsAny(s.From, "\r\n") {
		problems = append(problems, errors.New("the sender must be an address, such as Facturation <facturation@operator.example>"))
	}
	if (s.User == "") != (s.Password == "") {
		problems = append(problems, errors.New("user and password go together"))
	}
	if s.User != "" && s.TLS == NoTLS {
		problems = append(problems, errors.New("a password must not be sent without TLS"))
	}
	if s.Timeout < time.Second {
		problems = append(problems, errors.New("the timeout must be at least 1s"))
	}
	return errors.Join(problems...)
}

// SMTP sends messages as e-mails.
type SMTP struct {
	settings SMTPSettings
	from     *netmail.Address
	host     string
	options  []mail.Option
}

// NewSMTP returns a notifier that sends through a server. It does not connect yet.
func NewSMTP(settings SMTPSettings) (*SMTP, error) {
	if err := settings.Validate(); err != nil {
		return nil, fmt.Errorf("notify: smtp: %w", err)
	}
	from, err := netmail.ParseAddress(settings.From)
	if err != nil {
		return nil, fmt.Errorf("notify: smtp: sender: %w", err)
	}
	host, service, err := net.SplitHostPort(settings.Address)
	if err != nil {
		return nil, fmt.Errorf("notify: smtp: %w", err)
	}
	port, err := strconv.Atoi(service)
	if err != nil {
		return nil, fmt.Errorf("notify: smtp: %w", err)
	}
	s := &SMTP{settings: settings, from: from, host: host}
	s.options = []mail.Option{
		mail.WithPort(port), mail.WithTimeout(settings.Timeout), mail.WithHELO(domainOf(from.Address)),
		mail.WithTLSConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: settings.Roots}),
	}
	switch settings.TLS {
	case StartTLS:
		s.options = append(s.options, mail.WithTLSPolicy(mail.TLSMandatory))
	case ImplicitTLS:
		s.options = append(s.options, mail.WithSSL())
	case NoTLS:
		s.options = append(s.options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if settings.User != "" {
		s.options = append(s.options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(settings.User), mail.WithPassword(settings.Password))
	}
	return s, nil
}

func domainOf(address string) string { return address[strings.LastIndex(address, "@")+1:] }

// Send implements Notifier. A message that the server refuses for good (5xx) fails for
// good; everything else may succeed later.
func (s *SMTP) Send(ctx context.Context, message Message) error {
	email, err := s.compose(message)
	if err != nil {
		return err
	}
	client, err := mail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("notify: smtp: %w", err)
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		// Nothing about the message has been said yet, so the error does not name its recipient.
		slog.WarnContext(ctx, "no connection to the SMTP server", "error", err)
		return &Failure{Reason: "smtp: no connection"}
	}
	// The server's answer to QUIT does not affect the message.
	defer func() { _ = client.CloseWithSMTPClient(connection) }()
	err = client.SendWithSMTPClient(connection, email)
	if err == nil || email.IsDelivered() {
		return nil
	}
	// Its text names the recipient.
	refused, known := errors.AsType[*mail.SendError](err)
	if !known || refused.ErrorCode() == 0 {
		return &Failure{Reason: "smtp: connection lost"}
	}
	return &Failure{Reason: "smtp " + strconv.Itoa(refused.ErrorCode()), Permanent: refused.ErrorCode() >= 500}
}

// compose writes the e-mail. All of it follows from the message, so the receiving
// server gets the same e-mail if a message is sent twice.
func (s *SMTP) compose(message Message) (*mail.Msg, error) {
	address, err := parseAddress(message.Address)
	if err != nil {
		return nil, err
	}
	email := mail.NewMsg(mail.WithNoDefaultUserAgent())
	email.FromMailAddress(s.from)
	email.ToMailAddress(&netmail.Address{Name: oneLine(message.Name), Address: address})
	email.SetMessageIDWithValue(message.ID.String() + "@" + domainOf(s.from.Address))
	email.SetDateWithValue(message.CreatedAt)
	email.SetGenHeader("Auto-Submitted", "auto-generated")
	email.SetGenHeader("Content-Language", message.Language)
	email.Subject(message.Subject)
	email.SetBodyString(mail.TypeTextPlain, message.Body)
	return email, nil
}
