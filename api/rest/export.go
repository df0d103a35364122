package rest

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/workflows/starter"
)

const (
	mediaCSV    = "text/csv"
	csvAnswer   = mediaCSV + "; charset=utf-8; header=present"
	exportBatch = 1000
	// rollbackTimeout bounds the end of an export's transaction.
	rollbackTimeout = 5 * time.Second
)

// exporter reads the rows of a list in one snapshot and sends them as CSV. It keeps one batch in
// memory.
type exporter[Row, T any] struct {
	server *API
	// name is the file name without its extension.
	name string
	// read and rows are the arguments of AnswerList.
	read func(Row) T
	rows func(context.Context, dbsqlc.DBTX, ListPosition) ([]Row, error)

	tx     pgx.Tx
	cursor *db.Cursor
	at     ListPosition
	batch  []Row
}

// AnswerExport sends all matching rows. Errors before the first row are answered like those of any
// operation.
func AnswerExport[Row, T any](ctx context.Context, api *API, name string, request *ListRequest[Row], read func(Row) T,
	rows func(context.Context, dbsqlc.DBTX, ListPosition) ([]Row, error),
) (*huma.StreamResponse, error) {
	if !api.exporting.TryAcquire(1) {
		return nil, starter.ErrOverloaded
	}
	e := &exporter[Row, T]{server: api, name: name, read: read, rows: rows, at: ListPosition{Sort: request.order, Limit: math.MaxInt32}}
	if !request.nothing {
		if err := e.begin(ctx); err != nil {
			e.end(ctx)
			return nil, err
		}
	}
	return &huma.StreamResponse{Body: e.send}, nil
}

// begin takes the snapshot and reads the first batch.
func (e *exporter[Row, T]) begin(ctx context.Context) (err error) {
	e.tx, err = e.server.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	e.cursor = db.NewCursor(e.tx, exportBatch)
	return e.next(ctx)
}

func (e *exporter[Row, T]) next(ctx context.Context) (err error) {
	e.batch, err = e.rows(ctx, e.cursor, e.at)
	return err
}

// end releases the transaction and the slot of the export.
func (e *exporter[Row, T]) end(ctx context.Context) {
	if e.tx != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		// Nothing was written, and a broken connection is not reused.
		_ = e.tx.Rollback(ending)
	}
	e.server.exporting.Release(1)
}

// send writes the rows. If it fails midway, it aborts the connection, so that the caller sees an
// incomplete body.
func (e *exporter[Row, T]) send(answer huma.Context) {
	r, w := humachi.Unwrap(answer)
	defer e.end(r.Context())
	w.Header().Set("Content-Type", csvAnswer)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": e.name + ".csv"}))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if err := e.copyTo(r.Context(), w); err != nil {
		if r.Context().Err() == nil && !errors.Is(err, errReader) {
			slog.ErrorContext(r.Context(), "an export ended too early", LogRequestID, RequestID(r.Context()), "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}

// errReader means that the caller does not read the answer.
var errReader = errors.New("api: the caller does not read its answer")

// copyTo writes the first batch and all that follow. Each batch has its own timeouts for reading and
// for sending, so that a long export is possible but a stalled one does not hold its snapshot.
func (e *exporter[Row, T]) copyTo(ctx context.Context, w http.ResponseWriter) error {
	limits, control := e.server.Config.HTTP, http.NewResponseController(w)
	table := newCSVTable(reflect.TypeFor[T]())
	table.header()
	for {
		for _, row := range e.batch {
			table.add(e.read(row))
		}
		if err := control.SetWriteDeadline(time.Now().Add(limits.AnswerTimeout)); err != nil {
			return err
		}
		if _, err := w.Write(table.take()); err != nil {
			return errors.Join(errReader, err)
		}
		if len(e.batch) < exportBatch {
			return nil
		}
		reading, cancel := context.WithTimeout(ctx, limits.RequestTimeout)
		err := e.next(reading)
		cancel()
		if err != nil {
			return err
		}
	}
}
