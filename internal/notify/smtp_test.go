package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/notify"
)

// The log about unreachable servers would distract from the tests.
func init() { slog.SetDefault(slog.New(slog.DiscardHandler)) }

// mailbox is a real SMTP server, and what it received.
type mailbox struct {
	address string
	roots   *x509.CertPool

	mutex    sync.Mutex
	received []letter
	// answers are what it refuses the next commands with, by command.
	answers map[string]*smtp.SMTPError
	// stall, when set, keeps DATA from being answered until it is closed.
	stall chan struct{}
}

type letter struct {
	from      string
	to        []string
	encrypted bool
	user      string
	content   string
}

// newMailbox starts a server on this machine: with TLS from the first byte, with
// STARTTLS, or without either.
func newMailbox(t *testing.T, protection string) *mailbox {
	t.Helper()
	certificate, roots := newCertificate(t)
	m := &mailbox{roots: roots, answers: map[string]*smtp.SMTPError{}}
	server := smtp.NewServer(m)
	server.Domain = "mail.example"
	server.ErrorLog = silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m.address = listener.Addr().String()
	switch settings := (&tls.Config{Certificates: []tls.Certificate{certificate}}); protection {
	case notify.ImplicitTLS:
		listener = tls.NewListener(listener, settings)
	case notify.StartTLS:
		server.TLSConfig = settings
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	return m
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func newCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(signed)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, roots
}

// NewSession implements smtp.Backend.
func (m *mailbox) NewSession(connection *smtp.Conn) (smtp.Session, error) {
	return &session{mailbox: m, connection: connection}, nil
}

// answer returns the configured error for a command, as often as it was configured.
func (m *mailbox) answer(command string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if refused := m.answers[command]; refused != nil {
		return refused
	}
	return nil
}

func (m *mailbox) refuse(command string, code int) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.answers = map[string]*smtp.SMTPError{}
	if command != "" {
		m.answers[command] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: "no <amina@example.ma> today"}
	}
}

func (m *mailbox) letters() []letter {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return append([]letter(nil), m.received...)
}

type session struct {
	*mailbox
	connection *smtp.Conn
	letter     letter
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "mtf" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.letter.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.letter.from = from
	return s.answer("MAIL")
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.letter.to = append(s.letter.to, to)
	return s.answer("RCPT")
}

func (s *session) Data(content io.Reader) error {
	read, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	if s.stall != nil {
		<-s.stall
	}
	if err := s.answer("DATA"); err != nil {
		return err
	}
	_, s.letter.encrypted = s.connection.TLSConnectionState()
	s.letter.content = string(read)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.received = append(s.received, s.letter)
	return nil
}

func (s *session) Reset()        { s.letter = letter{user: s.letter.user} }
func (s *session) Logout() error { return nil }

func (m *mailbox) settings(protection string) notify.SMTPSettings {
	return notify.SMTPSettings{
		Address: m.address, TLS: protection, From: "Opérateur d'essai <facturation@operateur.example>", Timeout: 5 * time.Second, Roots: m.roots,
	}
}

func notifier(t *testing.T, settings notify.SMTPSettings) *notify.SMTP {
	t.Helper()
	made, err := notify.NewSMTP(settings)
	require.NoError(t, err)
	return made
}

func TestAMessageArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, protection := range []string{notify.StartTLS, notify.ImplicitTLS, notify.NoTLS} {
		t.Run(protection, func(t *testing.T) {
			t.Parallel()
			m := newMailbox(t, protection)
			settings := m.settings(protection)
			user := ""
			if protection != notify.NoTLS {
				settings.User, settings.Password, user = "mtf", "secret", "mtf"
			}
			sent := message("amina@example.ma")
			s := notifier(t, settings)
			require.NoError(t, s.Send(t.Context(), sent))
			require.NoError(t, s.Send(t.Context(), sent))

			letters := m.letters()
			require.Len(t, letters, 2)
			require.Equal(t, letters[0], letters[1], "the second time it is the same message, to its last byte")
			got := letters[0]
			require.Equal(t, "facturation@operateur.example", got.from)
			require.Equal(t, []string{"amina@example.ma"}, got.to)
			require.Equal(t, protection != notify.NoTLS, got.encrypted)
			require.Equal(t, user, got.user)
			parsed, err := mail.ReadMessage(strings.NewReader(got.content))
			require.NoError(t, err)
			require.Equal(t, "<"+sent.ID.String()+"@operateur.example>", parsed.Header.Get("Message-ID"))
			require.Equal(t, "Mon, 08 Jun 2026 08:00:00 +0000", parsed.Header.Get("Date"))
			require.Equal(t, "auto-generated", parsed.Header.Get("Auto-Submitted"))
			subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
			require.NoError(t, err)
			require.Equal(t, sent.Subject, subject)
			to, err := parsed.Header.AddressList("To")
			require.NoError(t, err)
			require.Equal(t, []*mail.Address{{Name: "Amina Bensaïd", Address: "amina@example.ma"}}, to)
			require.Equal(t, "quoted-printable", parsed.Header.Get("Content-Transfer-Encoding"))
			body, err := io.ReadAll(quotedprintable.NewReader(parsed.Body))
			require.NoError(t, err)
			require.Equal(t, sent.Body, strings.ReplaceAll(string(body), "\r\n", "\n"))
		})
	}
}

// Sending is retried after a temporary refusal, but not after a permanent one. No
// error names the recipient.
func TestWhatAServerRefusesIsForNowOrForGood(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, notify.NoTLS)
	s := notifier(t, m.settings(notify.NoTLS))
	for _, command := range []string{"MAIL", "RCPT", "DATA"} {
		for code, permanent := range map[int]bool{421: false, 450: false, 451: false, 452: false, 550: true, 552: true, 554: true} {
			m.refuse(command, code)
			err := s.Send(t.Context(), message("amina@example.ma"))
			failure, known := errors.AsType[*notify.Failure](err)
			require.True(t, known, "%s %d: %v", command, code, err)
			require.Equal(t, permanent, failure.Permanent, "%s %d: %s", command, code, failure.Reason)
			require.NotContains(t, err.Error(), "amina")
			require.Regexp(t, `^smtp \d{3}$`, failure.Reason)
		}
	}
	require.Empty(t, m.letters())
	m.refuse("", 0)
	require.NoError(t, s.Send(t.Context(), message("amina@example.ma")))
	require.Len(t, m.letters(), 1)
}

func TestNothingIsSentInTheOpenOrToAnotherServer(t *testing.T) {
	t.Parallel()
	open, encrypted := newMailbox(t, notify.NoTLS), newMailbox(t, notify.StartTLS)
	stranger := encrypted.settings(notify.StartTLS)
	stranger.Roots = x509.NewCertPool()
	wrong := encrypted.settings(notify.StartTLS)
	wrong.User, wrong.Password = "mtf", "wrong"
	gone := open.settings(notify.NoTLS)
	gone.Address = "127.0.0.1:1"
	for name, settings := range map[string]notify.SMTPSettings{
		"a server without STARTTLS": open.settings(notify.StartTLS), "an unknown certificate": stranger, "a wrong password": wrong, "no server": gone,
	} {
		err := notifier(t, settings).Send(t.Context(), message("amina@example.ma"))
		failure, known := errors.AsType[*notify.Failure](err)
		require.True(t, known, "%s: %v", name, err)
		require.False(t, failure.Permanent, "%s: it may be put right", name)
	}
	require.Empty(t, open.letters())
	require.Empty(t, encrypted.letters())
}

func TestAServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, notify.NoTLS)
	m.stall = make(chan struct{})
	defer close(m.stall)
	settings := m.settings(notify.NoTLS)
	settings.Timeout = time.Second
	err := notifier(t, settings).Send(context.WithoutCancel(t.Context()), message("amina@example.ma"))
	failure, known := errors.AsType[*notify.Failure](err)
	require.True(t, known, "%v", err)
	require.False(t, failure.Permanent)
}

func TestSMTPRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, notify.NoTLS)
	s := notifier(t, m.settings(notify.NoTLS))
	for _, address := range hostile {
		require.ErrorIs(t, s.Send(t.Context(), message(address)), notify.ErrAddress, "%q", address)
	}
	require.Empty(t, m.letters())
	forged := message("amina@example.ma")
	forged.Name, forged.Subject = "Amina\r\nBcc: b@example.ma", "Rappel\r\nBcc: b@example.ma"
	require.NoError(t, s.Send(t.Context(), forged))
	parsed, err := mail.ReadMessage(strings.NewReader(m.letters()[0].content))
	require.NoError(t, err)
	require.Empty(t, parsed.Header.Get("Bcc"))
	require.Equal(t, []string{"amina@example.ma"}, m.letters()[0].to)
}

func TestSMTPSettingsAreChecked(t *testing.T) {
	t.Parallel()
	valid := notify.SMTPSettings{Address: "mail.example:587", TLS: notify.StartTLS, From: "a@b.example", Timeout: time.Second}
	require.NoError(t, valid.Validate())
	for want, change := range map[string]func(*notify.SMTPSettings){
		"host:port":      func(s *notify.SMTPSettings) { s.Address = "mail.example" },
		"server must be": func(s *notify.SMTPSettings) { s.Address = "mail.example:0" },
		"server":         func(s *notify.SMTPSettings) { s.Address = ":25" },
		"must not leave": func(s *notify.SMTPSettings) { s.TLS = notify.NoTLS },
		"without TLS": func(s *notify.SMTPSettings) {
			s.Address, s.TLS, s.User, s.Password = "127.0.0.1:25", notify.NoTLS, "mtf", "secret"
		},
		"TLS must be":       func(s *notify.SMTPSettings) { s.TLS = "maybe" },
		"sender":            func(s *notify.SMTPSettings) { s.From = "nobody" },
		"sender must be an": func(s *notify.SMTPSettings) { s.From = "" },
		"go together":       func(s *notify.SMTPSettings) { s.User = "mtf" },
		"timeout":           func(s *notify.SMTPSettings) { s.Timeout = 0 },
	} {
		changed := valid
		change(&changed)
		require.ErrorContains(t, changed.Validate(), want)
		_, err := notify.NewSMTP(changed)
		require.Error(t, err)
	}
}
