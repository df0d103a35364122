package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/config"
)

type apiKeysCommand struct {
	Create apiKeyCreateCommand `cmd:"" help:"Create a key and print it. It is not shown again."`
	List   apiKeyListCommand   `cmd:"" help:"List all keys, without their secrets."`
	Revoke apiKeyRevokeCommand `cmd:"" help:"Revoke a key, effective immediately."`
}

type apiKeyCreateCommand struct {
	Name    string   `required:"" help:"Name of the key. The audit trail names its actor apikey:NAME." placeholder:"crm"`
	Role    []string `required:"" help:"Role of the key: viewer, ops, billing or admin. May be repeated." placeholder:"ops"`
	Org     []string `help:"Organisation that the key may act for. May be repeated. Default: all organisations." placeholder:"mtf"`
	Expires string   `help:"Lifetime of the key, such as 90d or 12h. Default: no expiry." placeholder:"90d"`
}

// Run writes only the key to out, so that the output can be piped.
func (c apiKeyCreateCommand) Run(ctx context.Context, out io.Writer) error {
	input := apikey.CreateInput{Name: c.Name, Roles: c.Role, Organisations: c.Org}
	if c.Expires != "" {
		lifetime, err := apikey.ParseLifetime(c.Expires)
		if err != nil {
			return fmt.Errorf("--expires: %w", err)
		}
		input.Lifetime = lifetime
	}
	if err := input.Validate(); err != nil {
		return err
	}
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		key, row, err := apikey.Create(ctx, pool, input, app.Clock())
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "API key %s (%s) with %s, expires: %s. Store it now; it is not shown again:\n",
			row.Name, row.ID, strings.Join(row.Roles, ", "), instant(row.ExpiresAt, "never"))
		_, err = fmt.Fprintln(out, key.Reveal())
		return err
	})
}

type apiKeyListCommand struct {
	JSON bool `name:"json" help:"Print the list as JSON."`
}

// Run prints all keys, newest first.
func (c apiKeyListCommand) Run(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		rows, err := apikey.List(ctx, pool)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeKeysJSON(out, rows)
		}
		return writeKeys(out, rows, app.Clock())
	})
}

type apiKeyRevokeCommand struct {
	Key string `arg:"" name:"name|id" help:"Name or id of the key."`
}

// Run revokes the key and prints its name and id.
func (c apiKeyRevokeCommand) Run(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		row, err := apikey.Revoke(ctx, pool, c.Key, app.Clock())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "revoked API key %s (%s)\n", row.Name, row.ID)
		return err
	})
}

func writeKeys(out io.Writer, rows []dbsqlc.APIKey, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	// A tabwriter reports its errors in Flush.
	fmt.Fprintln(table, "NAME\tSTATE\tROLES\tORGANISATIONS\tCREATED\tEXPIRES\tLAST USED\tID")
	for _, row := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Name, apikey.StateOf(row, now), strings.Join(row.Roles, ","),
			cmp.Or(strings.Join(row.Organisations, ","), "all"),
			instant(&row.CreatedAt, ""), instant(row.ExpiresAt, "never"), instant(row.LastUsedAt, "never"), row.ID)
	}
	return table.Flush()
}

func instant(at *time.Time, none string) string {
	if at == nil {
		return none
	}
	return at.UTC().Format(time.RFC3339)
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}

// listedKey is a key in the JSON list.
type listedKey struct {
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Roles []string  `json:"roles"`
	// Organisations is null for a key that may act for every organisation.
	Organisations []string   `json:"organisations"`
	CreatedAt     time.Time  `json:"created_at"`
	ExpiresAt     *time.Time `json:"expires_at"`
	RevokedAt     *time.Time `json:"revoked_at"`
	LastUsedAt    *time.Time `json:"last_used_at"`
}

func writeKeysJSON(out io.Writer, rows []dbsqlc.APIKey) error {
	keys := []listedKey{}
	for _, row := range rows {
		keys = append(keys, listedKey{
			ID: row.ID, Name: row.Name, Roles: row.Roles, Organisations: row.Organisations, CreatedAt: row.CreatedAt.UTC(), ExpiresAt: inUTC(row.ExpiresAt),
			RevokedAt: inUTC(row.RevokedAt), LastUsedAt: inUTC(row.LastUsedAt),
		})
	}
	return writeJSON(out, keys)
}

// withDatabase runs work on the configured database, which must be migrated.
func withDatabase(ctx context.Context, work func(*pgxpool.Pool) error) error {
	settings, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	pool, err := app.OpenDatabase(ctx, settings)
	if err != nil {
		return err
	}
	defer pool.Close()
	return work(pool)
}
