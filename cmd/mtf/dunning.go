package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/dunning"
)

type dunningCommand struct {
	Policy dunningPolicyCommand `cmd:"" help:"The steps of dunning."`
}

type dunningPolicyCommand struct {
	Show dunningPolicyShowCommand `cmd:"" help:"Print the current policy as JSON."`
	Set  dunningPolicySetCommand  `cmd:"" help:"Replace the policy with a new version."`
}

type dunningPolicyShowCommand struct{}

// Run prints the policy in the format that set reads.
func (dunningPolicyShowCommand) Run(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		policy, err := dunning.CurrentPolicy(ctx, pool)
		if err != nil {
			return err
		}
		return writeJSON(out, policy)
	})
}

type dunningPolicySetCommand struct {
	File string `arg:"" help:"File with the steps as JSON, in the format of show. - reads standard input."`
}

// Run validates the file, stores it as a new version and prints the version.
func (c dunningPolicySetCommand) Run(ctx context.Context, out io.Writer) error {
	steps, err := c.read()
	if err != nil {
		return err
	}
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		policy, err := dunning.SetPolicy(ctx, pool, steps, app.Clock())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "dunning policy %d with %d steps\n", policy.Version, len(policy.Steps))
		return err
	})
}

func (c dunningPolicySetCommand) read() ([]dunning.Step, error) {
	file := os.Stdin
	if c.File != "-" {
		opened, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = opened.Close() }()
		file = opened
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return dunning.ParseSteps(text)
}
