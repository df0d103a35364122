package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

type payloadKey struct {
	ID string `help:"What the key is called; it stands beside every payload in clear. Left out, today's date." placeholder:"2026-11"`
}

// Run writes the key to out and nothing else there, so that it can be piped.
func (c payloadKey) Run(out io.Writer) error {
	id := c.ID
	if id == "" {
		id = time.Now().UTC().Format(time.DateOnly)
	}
	key, err := payloadcodec.Generate(id)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, key)
	return err
}
