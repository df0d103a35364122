package app

import (
	"log/slog"
	"strings"

	"github.com/mtfacturation/mtf/db"
)

const (
	masked = "***"
	// maxLogText bounds a text in a log, in bytes. Workflow ids hold keys that callers
	// choose; stacks are longer and hold no values.
	maxLogText = 1024
)

// personal names the attributes that are never shown: data of persons, and secrets.
var personal = map[string]bool{
	"cin": true, "client_cin": true, "full_name": true, "name": true, "client_name": true, "address": true,
	"client_address": true, "email": true, "phone": true, "contact_phone": true, "service_identifier": true, "number": true,
	"token": true, "lookup_token": true, "authorization": true, "password": true, "secret": true, "cookie": true,
	"query": true, "url": true, "body": true, "input": true, "result": true,
}

// long names the attributes that may be longer than others.
var long = map[string]bool{"stack": true, "PanicStack": true, "StackTrace": true}

// redact keeps personal data out of a log, whoever writes to it: attributes are
// masked by their names, and errors lose the values that PostgreSQL quotes.
func redact(_ []string, attribute slog.Attr) slog.Attr {
	if personal[strings.ReplaceAll(strings.ToLower(attribute.Key), "-", "_")] {
		return slog.String(attribute.Key, masked)
	}
	if attribute.Key == "PanicError" && !strings.HasPrefix(attribute.Value.String(), "runtime error: ") {
		return slog.String(attribute.Key, masked) // What a panic is given may be anything.
	}
	var text string
	switch value := attribute.Value.Any().(type) {
	case error:
		text = db.Scrub(value).Error()
	case string:
		text = value
	default:
		return attribute
	}
	if len(text) > maxLogText && !long[attribute.Key] {
		text = strings.ToValidUTF8(text[:maxLogText], "") + "…"
	}
	return slog.String(attribute.Key, text)
}
