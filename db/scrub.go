package db

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Scrub returns an error whose text, unlike PostgreSQL's own messages, quotes no value:
// it keeps the code and the names of the constraint, table and column. Other errors are
// returned unchanged. A scrubbed error wraps nothing, so use it for logs and for
// Temporal, not for decisions.
func Scrub(err error) error {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	var told strings.Builder
	fmt.Fprintf(&told, "PostgreSQL error %s", failure.Code)
	for _, named := range []struct{ what, name string }{
		{"constraint", failure.ConstraintName}, {"table", failure.TableName}, {"column", failure.ColumnName},
	} {
		if named.name != "" {
			fmt.Fprintf(&told, ", %s %s", named.what, named.name)
		}
	}
	text := strings.ReplaceAll(err.Error(), failure.Error(), told.String())
	return errors.New(strings.ReplaceAll(text, failure.Message, told.String()))
}
