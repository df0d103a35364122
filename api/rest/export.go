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

// exporter reads the rows of a list in one snapshot and sends them as CSV. However
// many they are, it has one batch of them in memory.
type exporter[Row, T any] struct {
	server *API
	// name is that of the file, without the ending.
	name string
	// read and rows are those of answerList.
	read func(Row) T
	rows func(context.Context, dbsqlc.DBTX, ListPosition) ([]Row, error)

	tx     pgx.Tx
	cursor *db.Cursor
	at     ListPosition
	batch  []Row
}

// AnswerExport answers a request with all rows that match, whatever page is request for.
// What goes wrong before the first row is an error as of any operation.
func AnswerExport[Row, T any](ctx context.Context, api *API, name string, request *ListRequest[Row], read func(Row) T,
	rows func(context.Context, dbsqlc.DBTX, ListPosition) ([]Row, error)) (*huma.StreamResponse, error) {
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

// end gives back what begin and answerExport took.
func (e *exporter[Row, T]) end(ctx context.Context) {
	if e.tx != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		// Nothing was written; a connection that is broken is not used again.
		_ = e.tx.Rollback(ending)
	}
	e.server.exporting.Release(1)
}

// send writes the rows. A caller that was sent only a part of them sees that the body
// does not end: the connection is cut.
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

// errReader is returned when the caller does not take what is written.
var errReader = errors.New("api: the caller does not read its answer")

// copyTo writes the batch that was read already and all that follow. Each has the time
// of a request to be read from the database, and the time of an answer to be taken:
// an export may be long, but nothing stands still in its transaction.
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
