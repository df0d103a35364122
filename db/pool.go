// Package db opens PostgreSQL, migrates it, and runs transactions on it.
//
// Queries live in queries/*.sql and are generated into package dbsqlc. The
// schema's named constraints are the last word on every invariant; this package
// translates their names into the API's error codes.
package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// defaultMaxConnections serves some dozens of callers at once; pgx's own default of
// one connection for each core would make them queue.
const defaultMaxConnections = 24

// Open returns a pool that has answered once. The caller closes it. A
// connection string may set the pool's size with pool_max_conns.
func Open(ctx context.Context, url string) (*pgxpool.Pool, error) { return OpenTraced(ctx, url, nil) }

// OpenTraced is Open with a tracer that receives every statement; nil for none.
func OpenTraced(ctx context.Context, url string, tracer pgx.QueryTracer) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx redacts the password in its own message.
		return nil, fmt.Errorf("db: DATABASE_URL is not valid: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = defaultMaxConnections
	}
	// Timestamps are read and written in UTC whatever the server's default is.
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "mtf"
	config.AfterConnect = registerUUID
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("db: open: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("db: connect: %w", err)
	}
	return pool, nil
}
