// Package notify sends messages to clients: their texts, and the notifiers that send
// them or write them down.
package notify

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Message is a message to one client. It holds personal data, so it goes to a notifier
// and nowhere else.
type Message struct {
	// ID is the id of the message's row, so a message that is sent twice has the same ID.
	ID                 uuid.UUID
	Template, Language string
	CreatedAt          time.Time
	// Name and Address are the recipient's.
	Name, Address string
	Subject, Body string
}

// Notifier sends messages. A message may be sent again after an error, and after the
// program ended before it knew that the message was sent.
type Notifier interface {
	// Send returns ErrAddress for an address that is none, or a *Failure. No error of it
	// names the recipient.
	Send(ctx context.Context, message Message) error
}

// ErrAddress is returned for an address that no message can be sent to.
var ErrAddress = errors.New("notify: not an e-mail address")

// Failure says why a message was not sent, without personal data.
type Failure struct {
	// Reason is a short text for operators, such as "smtp 451".
	Reason string
	// Permanent reports that the same message would fail again.
	Permanent bool
}

// Error implements error.
func (f *Failure) Error() string { return "notify: " + f.Reason }

// ReasonOf returns the reason of a failure. For any other error, whose text could contain
// anything, it returns a general reason.
func ReasonOf(err error) string {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure.Reason
	}
	return "fault"
}

// parseAddress reads an address as it is stored of a client: one address and nothing
// else, so that nothing in it becomes a second recipient or a header.
func parseAddress(text string) (string, error) {
	text = strings.TrimSpace(text)
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || strings.ContainsAny(text, "\r\n") {
		return "", ErrAddress
	}
	return text, nil
}

// oneLine puts a text that others chose on one line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
