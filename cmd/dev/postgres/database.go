package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// requiredExtensions come with PostgreSQL's contrib package, which some systems install apart from the server. The
// application's exclusion constraints need btree_gist and Temporal's visibility store btree_gin.
var requiredExtensions = []string{"btree_gin", "btree_gist"}

// duplicateDatabase is the SQLSTATE of a CREATE DATABASE for a name that is taken.
const duplicateDatabase = "42P04"

// EnsureDatabases creates the databases that do not exist yet.
func (s *Server) EnsureDatabases(ctx context.Context, names ...string) error {
	conn, err := pgx.Connect(ctx, s.URL(MaintenanceDatabase))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database")
	if err != nil {
		return err
	}
	existing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	known := make(map[string]bool)
	for _, name := range existing {
		known[name] = true
	}
	for _, name := range names {
		if known[name] {
			continue
		}
		_, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == duplicateDatabase {
			continue
		}
		if err != nil {
			return fmt.Errorf("create the database %s: %w", name, err)
		}
	}
	return nil
}

// checkExtensions returns an error when the installation lacks an extension that the system needs.
func (s *Server) checkExtensions(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, "SELECT e FROM unnest($1::text[]) e WHERE e NOT IN (SELECT name FROM pg_available_extensions)",
		requiredExtensions)
	if err != nil {
		return err
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("the PostgreSQL %s in %s lacks the extension %s: install its contrib package (postgresql-contrib)",
			s.binaries.Version, s.binaries.Dir, strings.Join(missing, ", "))
	}
	return nil
}
