package config

import (
	"path/filepath"
	"time"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/notify"
)

// Dunning sets when on a day its steps are taken, and how fast its workflows are started.
type Dunning struct {
	// Enabled is false where clients are dunned by other means: no dunning begins then.
	Enabled bool `env:"MTF_DUNNING_ENABLED" envDefault:"true"`
	// From is a time of the local clock, counted from midnight.
	From   time.Duration `env:"MTF_DUNNING_SEND_AFTER" envDefault:"9h"`
	Spread time.Duration `env:"MTF_DUNNING_SPREAD" envDefault:"1h"`
	// StartsPerSecond bounds how fast one enrolment starts and wakes workflows.
	StartsPerSecond int `env:"MTF_DUNNING_STARTS_PER_SECOND" envDefault:"50"`
}

// Hours are when steps are taken in a time zone.
func (d Dunning) Hours(zone calendar.Zone) dunning.Hours {
	return dunning.Hours{Zone: zone, From: d.From, Spread: d.Spread}
}

func (d Dunning) problems(add func(format string, args ...any)) {
	if d.From < 0 || d.Spread < 0 || d.From+d.Spread >= 24*time.Hour {
		add("MTF_DUNNING_SEND_AFTER and MTF_DUNNING_SPREAD must not be negative, and end on the same day")
	}
	if d.StartsPerSecond < 1 || d.StartsPerSecond > 1000 {
		add("MTF_DUNNING_STARTS_PER_SECOND must be 1 to 1000")
	}
}

// The ways in which clients are notified.
const (
	NotifyByLog  = "log"
	NotifyBySMTP = "smtp"
)

// Notify says how messages reach clients.
type Notify struct {
	By string `env:"MTF_NOTIFY"`
	// LogFile is where they are written down instead.
	LogFile     string        `env:"MTF_NOTIFY_LOG_FILE"`
	Concurrency int           `env:"MTF_NOTIFY_CONCURRENCY" envDefault:"4"`
	From        string        `env:"MTF_NOTIFY_FROM"`
	Address     string        `env:"MTF_NOTIFY_SMTP_ADDR"`
	TLS         string        `env:"MTF_NOTIFY_SMTP_TLS" envDefault:"starttls"`
	User        string        `env:"MTF_NOTIFY_SMTP_USER"`
	Password    string        `env:"MTF_NOTIFY_SMTP_PASSWORD"`
	Timeout     time.Duration `env:"MTF_NOTIFY_SMTP_TIMEOUT" envDefault:"30s"`
}

// SMTP are the settings of the SMTP notifier.
func (n Notify) SMTP() notify.SMTPSettings {
	return notify.SMTPSettings{
		Address: n.Address, TLS: n.TLS, User: n.User, Password: n.Password, From: n.From, Timeout: n.Timeout,
	}
}

// withDefaults selects the log notifier for local and test, so that they send no messages. It also sets the default
// log file.
func (n Notify) withDefaults(environment Environment, dataDirectory string) Notify {
	if n.By == "" && environment.TrustsCallers() {
		n.By = NotifyByLog
	}
	if n.LogFile == "" {
		n.LogFile = filepath.Join(dataDirectory, "notifications.log")
	}
	return n
}

func (n Notify) problems(add func(format string, args ...any)) {
	// An SMTP conversation waits for the server most of the time.
	if n.Concurrency < 1 || n.Concurrency > 64 {
		add("MTF_NOTIFY_CONCURRENCY must be 1 to 64")
	}
	switch n.By {
	case NotifyByLog:
		if n.Address != "" {
			add("MTF_NOTIFY_SMTP_ADDR is set, but MTF_NOTIFY is %q", n.By)
		}
	case NotifyBySMTP:
		if err := n.SMTP().Validate(); err != nil {
			add("MTF_NOTIFY is %q, but its settings MTF_NOTIFY_FROM and MTF_NOTIFY_SMTP_* are wrong: %w", n.By, err)
		}
	default:
		add("MTF_NOTIFY must be %q or %q", NotifyByLog, NotifyBySMTP)
	}
}
