package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/tools/common/schema"
)

// undefinedTable is the SQLSTATE of a query on a table that does not exist.
const undefinedTable = "42P01"

// migrate brings the schema of one of Temporal's databases to the version embedded in the server, from any older one or
// from nothing, in one transaction: an interruption leaves the database as it was.
func migrate(ctx context.Context, databaseURL, schemaName, wantedVersion string, logger log.Logger) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	database := conn.Config().Database
	current, err := readVersion(ctx, conn, database)
	if err != nil {
		return err
	}
	if current == wantedVersion {
		return nil
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	target := &schemaTarget{ctx: ctx, tx: tx, database: database}
	if current == "" {
		setup := schema.NewSetupSchemaTask(target, &schema.SetupConfig{InitialVersion: "0.0"}, logger)
		if err := setup.Run(); err != nil {
			return fmt.Errorf("set up the schema of %s: %w", database, err)
		}
	}
	update := schema.NewUpdateSchemaTask(target, &schema.UpdateConfig{SchemaName: schemaName}, logger)
	if err := update.Run(); err != nil {
		return fmt.Errorf("upgrade the schema of %s from %q: %w", database, current, err)
	}
	return tx.Commit(ctx)
}

// readVersion returns the schema's version, "" when there is none.
func readVersion(ctx context.Context, q interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}, database string,
) (string, error) {
	var version string
	err := q.QueryRow(ctx, "SELECT curr_version FROM schema_version WHERE version_partition = 0 AND db_name = $1", database).
		Scan(&version)
	var refused *pgconn.PgError
	if errors.Is(err, pgx.ErrNoRows) || errors.As(err, &refused) && refused.Code == undefinedTable {
		return "", nil
	}
	return version, err
}

// schemaTarget lets Temporal's own schema tasks work in a transaction.
type schemaTarget struct {
	ctx      context.Context
	tx       pgx.Tx
	database string
}

var _ schema.DB = (*schemaTarget)(nil)

// Exec runs a statement of the schema. The server is not running, so an index is built in the transaction like the rest
// and not concurrently, which a transaction cannot do.
func (t *schemaTarget) Exec(statement string, arguments ...any) error {
	statement = strings.Replace(statement, "INDEX CONCURRENTLY", "INDEX", 1)
	_, err := t.tx.Exec(t.ctx, statement, arguments...)
	return err
}

func (t *schemaTarget) CreateSchemaVersionTables() error {
	return t.Exec(`
CREATE TABLE IF NOT EXISTS schema_version (
	version_partition INT NOT NULL,
	db_name VARCHAR(255) NOT NULL,
	creation_time TIMESTAMP,
	curr_version VARCHAR(64),
	min_compatible_version VARCHAR(64),
	PRIMARY KEY (version_partition, db_name)
);
CREATE TABLE IF NOT EXISTS schema_update_history (
	version_partition INT NOT NULL,
	year INT NOT NULL,
	month INT NOT NULL,
	update_time TIMESTAMP NOT NULL,
	description VARCHAR(255),
	manifest_md5 VARCHAR(64),
	new_version VARCHAR(64),
	old_version VARCHAR(64),
	PRIMARY KEY (version_partition, year, month, update_time)
);`)
}

func (t *schemaTarget) ReadSchemaVersion() (string, error) {
	version, err := readVersion(t.ctx, t.tx, t.database)
	if err == nil && version == "" {
		return "", errors.New("no schema version")
	}
	return version, err
}

func (t *schemaTarget) UpdateSchemaVersion(newVersion, minCompatibleVersion string) error {
	return t.Exec(`
INSERT INTO schema_version (version_partition, db_name, creation_time, curr_version, min_compatible_version)
VALUES (0, $1, $2, $3, $4)
ON CONFLICT (version_partition, db_name) DO UPDATE SET
	creation_time = excluded.creation_time,
	curr_version = excluded.curr_version,
	min_compatible_version = excluded.min_compatible_version`,
		t.database, time.Now().UTC(), newVersion, minCompatibleVersion)
}

func (t *schemaTarget) WriteSchemaUpdateLog(oldVersion, newVersion, manifestMD5, description string) error {
	now := time.Now().UTC()
	return t.Exec(`
INSERT INTO schema_update_history
	(version_partition, year, month, update_time, old_version, new_version, manifest_md5, description)
VALUES (0, $1, $2, $3, $4, $5, $6, $7)`,
		now.Year(), int(now.Month()), now, oldVersion, newVersion, manifestMD5, description)
}

// DropAllTables is for setups that overwrite, which this program never asks for.
func (t *schemaTarget) DropAllTables() error { return errors.ErrUnsupported }

// Close does nothing: the transaction belongs to migrate.
func (t *schemaTarget) Close() {}

// Type names the family of databases as the schema tasks do.
func (t *schemaTarget) Type() string { return "sql" }
