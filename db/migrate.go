package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	_ "github.com/jackc/pgx/v5/stdlib" // Registers the driver that goose uses.
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations returns the files that make the schema.
func Migrations() fs.FS {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic("db: embedded migrations: " + err.Error())
	}
	return files
}

// Migrate brings the database to the program's schema and returns how many
// migrations it applied. Several programs may start at once: a session lock lets
// one migrate while the others wait for it.
func Migrate(ctx context.Context, url string) (applied int, err error) {
	provider, closeDB, err := migrator(url)
	if err != nil {
		return 0, err
	}
	defer closeDB()
	results, err := provider.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("db: migrate: %w", err)
	}
	return len(results), nil
}

// ErrNotMigrated is returned for a database that is behind the program's schema.
var ErrNotMigrated = errors.New("db: the database schema is not up to date; run: mtf migrate")

// CheckMigrated returns ErrNotMigrated when migrations are missing.
func CheckMigrated(ctx context.Context, url string) error {
	provider, closeDB, err := migrator(url)
	if err != nil {
		return err
	}
	defer closeDB()
	pending, err := provider.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("db: check migrations: %w", err)
	}
	if pending {
		return ErrNotMigrated
	}
	return nil
}

// A waiting process tries to get the lock every second, for five minutes.
const lockPeriod, lockAttempts = 1, 300

func migrator(url string) (*goose.Provider, func(), error) {
	database, err := sql.Open("pgx", url)
	if err != nil {
		return nil, nil, fmt.Errorf("db: DATABASE_URL is not valid: %w", err)
	}
	closeDB := func() { _ = database.Close() }

	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockAttempts))
	if err != nil {
		closeDB()
		return nil, nil, fmt.Errorf("db: migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, database, Migrations(), goose.WithSessionLocker(locker))
	if err != nil {
		closeDB()
		return nil, nil, fmt.Errorf("db: migrations: %w", err)
	}
	return provider, closeDB, nil
}
