package main

import (
	"fmt"
	"io"
	"time"

	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

type payloadKey struct {
	ID string `help:"Id of the key, stored unencrypted with every payload. Default: today's date." placeholder:"2026-11"`
}

// Run writes only the key to out, so that the output can be piped.
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
