package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
)

// Log writes messages to a file, as JSON lines, and sends nothing. The file is for its
// owner's eyes alone: it holds names and addresses.
type Log struct{ path string }

// NewLog returns a notifier that appends to a file, which is made when it is missing.
func NewLog(path string) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("notify: directory of the log: %w", err)
	}
	log := &Log{path: path}
	file, err := log.open()
	if err != nil {
		return nil, err
	}
	return log, file.Close()
}

// open opens the file for each message, so that an operator may move it away at any time.
func (l *Log) open() (*os.File, error) {
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("notify: open log: %w", err)
	}
	// An existing file may have been readable by other users.
	if err := file.Chmod(0o600); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("notify: protect log: %w", err)
	}
	return file, nil
}

// logged is a line of the log.
type logged struct {
	Time      time.Time `json:"time"`
	ID        uuid.UUID `json:"id"`
	Template  string    `json:"template"`
	Language  string    `json:"language"`
	Recipient string    `json:"recipient"`
	Address   string    `json:"address"`
	Subject   string    `json:"subject"`
	Body      string    `json:"body"`
}

// Send implements Notifier. The time of a line is the time of the message.
func (l *Log) Send(_ context.Context, message Message) error {
	address, err := parseAddress(message.Address)
	if err != nil {
		return err
	}
	line, err := json.Marshal(logged{
		Time: message.CreatedAt.UTC(), ID: message.ID, Template: message.Template, Language: message.Language,
		Recipient: message.Name, Address: address, Subject: message.Subject, Body: message.Body,
	})
	if err != nil {
		return fmt.Errorf("notify: encode message: %w", err)
	}
	file, err := l.open()
	if err != nil {
		return err
	}
	// One write: lines of several processes do not get mixed.
	_, err = file.Write(append(line, '\n'))
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("notify: write log: %w", err)
	}
	return nil
}
