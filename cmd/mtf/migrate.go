package main

import (
	"context"
	"fmt"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/config"
)

type migrateCommand struct{}

// Run applies the missing migrations.
func (migrateCommand) Run(ctx context.Context) error {
	settings, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	if err := settings.RequireDatabase(); err != nil {
		return err
	}
	applied, err := db.Migrate(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	fmt.Printf("%d migrations applied\n", applied)
	return nil
}
