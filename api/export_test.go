package api_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// records reads an export: its header, and each row by its names.
func records(t testing.TB, answer system.Response) (header []string, rows []map[string]string) {
	t.Helper()
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.Equal(t, "text/csv; charset=utf-8; header=present", answer.Header.Get("Content-Type"))
	all, err := csv.NewReader(strings.NewReader(string(answer.Body))).ReadAll()
	require.NoError(t, err)
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return all[0], rows
}

// asCells is a row of a list's JSON as its export has it.
func asCells(row object) map[string]string {
	cells := map[string]string{}
	for name, value := range row {
		cells[name] = fmt.Sprint(value)
		if value == nil {
			cells[name] = ""
		}
	}
	return cells
}

// pagesOf walks a list to its end and returns its rows as cells.
func pagesOf(t testing.TB, s *system.System, path string, parameters ...string) (rows []map[string]string) {
	t.Helper()
	for cursor := ""; ; {
		var page object
		s.Get(t, path+query(append(slices.Clone(parameters), "size", "100", "cursor", cursor)...), &page)
		for _, row := range at(t, page, "data").([]any) {
			rows = append(rows, asCells(row.(object)))
		}
		next, more := at(t, page, "meta", "next_cursor").(string)
		if !more {
			return rows
		}
		cursor = next
	}
}

func TestExport_MatchesList(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	fillLists(t, s)
	client := ordered(t, s, "clients", "cin", "asc")[0]
	for path, choices := range map[string][]string{
		"/api/v1/invoices":             {"", "sort=due_date:asc", "sort=number", "sort=total_amount:desc&filters=status%3Dpaid", "service=internet", "filters=status%3Dpurple"},
		"/api/v1/collections/payments": {"", "sort=amount", "sort=payment_date:desc", "filters=method%3Dcash", "client_id=" + client},
		casesPath: {
			"", "sort=due_date", "sort=outstanding_amount:desc", "status=open", "aging_bucket=31_60", "client_id=" + client,
			"status=open&filters=aging_bucket%3D31_60", "status=open&filters=status%3Dresolved",
		},
		agingPath: {"", "sort=client_id", "sort=outstanding_amount", "as_of=2026-10-20", "filters=aging_bucket%3D31_60", "as_of=2020-01-01"},
	} {
		for _, choice := range choices {
			t.Run(path+"?"+choice, func(t *testing.T) {
				var parameters []string
				for pair := range strings.SplitSeq(choice, "&") {
					if name, value, given := strings.Cut(pair, "="); given {
						parameters = append(parameters, name, strings.ReplaceAll(value, "%3D", "="))
					}
				}
				want := pagesOf(t, s, path, parameters...)
				answer := s.Call(t, http.MethodGet, path+"/export?"+choice, nil)
				header, rows := records(t, answer)
				require.Equal(t, want, rows)
				if len(want) > 0 {
					require.ElementsMatch(t, slices.Collect(maps.Keys(want[0])), header)
				}
				require.Equal(t, len(rows)+1, strings.Count(string(answer.Body), "\r\n"), "each record ends with a CRLF")
				require.Regexp(t, `^attachment; filename=[a-z-]+-20\d\d-\d\d-\d\d\.csv$`, answer.Header.Get("Content-Disposition"))
			})
		}
	}
	header, _ := records(t, s.Call(t, http.MethodGet, "/api/v1/collections/payments/export", nil))
	require.Equal(t, []string{"id", "invoice_id", "client_id", "amount", "currency", "payment_date", "method", "reference", "note", "status", "created_at"}, header)
	released(t, s)
}

func TestExport_EscapesFormulas(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	texts := []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＠x", "\u200b=1", "\u00a0=1", "'quoted", "''", "a=1", "1-1", "plain", "é, \"quoted\"", "two\nlines",
		"two\r\nlines", "carriage\rreturn", "عربي", "=cmd|' /C calc'!A0", "x,y;z\tw", "' =1",
	}
	sent := map[string]string{}
	for _, note := range texts {
		paid := pay(t, s, invoice, "0.01", object{"note": note, "reference": note})
		sent[text(t, paid, "payment", "id")] = text(t, paid, "payment", "note")
	}
	_, rows := records(t, s.Call(t, http.MethodGet, paymentsPath+"/export", nil))
	require.Len(t, rows, len(texts))
	for _, row := range rows {
		want := sent[row["id"]]
		// The reader takes one kind of line end for the other.
		require.Equal(t, strings.ReplaceAll(want, "\r\n", "\n"), strings.TrimPrefix(row["note"], "'"), "one apostrophe taken away gives the text back")
		require.Equal(t, row["note"], row["reference"])
		require.NotRegexp(t, `^[\s\p{C}\p{Z}]*[=+\-@＝＋－＠]`, row["note"])
		require.Equal(t, "0.01", row["amount"])
	}
	answer := s.Call(t, http.MethodGet, paymentsPath+"/export", nil)
	for _, note := range []string{"two\nlines", "two\r\nlines", "carriage\rreturn"} {
		require.Contains(t, string(answer.Body), `"`+note+`"`, "line ends within a text stay as they are")
	}
}

func TestExport_IgnoresAccept(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	accept := func(mediaType string) system.Header { return system.Header{Name: "Accept", Value: mediaType} }
	decoded(t, s.Call(t, http.MethodGet, "/api/v1/invoices", nil, accept("text/csv")), http.StatusOK)
	records(t, s.Call(t, http.MethodGet, "/api/v1/invoices/export", nil, accept("application/json")))
	s.Call(t, http.MethodGet, "/api/v1/invoices/export?service=tv", nil).Refused(t, http.StatusUnprocessableEntity, "validation_error")
	s.Call(t, http.MethodGet, "/api/v1/invoices/export", nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	released(t, s)
}

func TestExport_CasesAreCurrent(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	_, rows := records(t, s.Call(t, http.MethodGet, casesPath+"/export", nil))
	require.Len(t, rows, 1)
	require.Equal(t, text(t, invoice, "id"), rows[0]["invoice_id"])
	require.Equal(t, "31_60", rows[0]["aging_bucket"])
}

// loadPayments stores payments of 300 bytes and more each.
func loadPayments(t testing.TB, s *system.System, payments int) {
	t.Helper()
	invoice := newInvoice(t, s, november)
	execute(t, s, `INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, note, status, actor_id, created_at)
		SELECT gen_random_uuid(), $1, $2, n, 'MAD', '2026-11-20', 'cash', repeat('x', 300), 'posted', 'op', '2026-11-01'::timestamptz + n * interval '1 second'
		FROM generate_series(1, $3::integer) n`, invoice["id"], invoice["client_id"], payments)
}

// begunExport is an export of which the caller has read only the header row.
type begunExport struct {
	*connection
	body io.ReadCloser
	rows *csv.Reader
}

func beginExport(t testing.TB, s *system.System) begunExport {
	t.Helper()
	conn := dial(t, s)
	// So that what the caller has not read is not far ahead of it.
	require.NoError(t, conn.Conn.(*net.TCPConn).SetReadBuffer(256<<10))
	conn.send("GET " + paymentsPath + "/export?sort=created_at:asc HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer op-1:ops\r\n\r\n")
	response, err := http.ReadResponse(conn.reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	return begunExport{conn, response.Body, csv.NewReader(bufio.NewReader(response.Body))}
}

// released waits until no connection to the database is in use.
func released(t testing.TB, s *system.System) {
	t.Helper()
	require.Eventually(t, func() bool {
		return s.Pool.Stat().AcquiredConns() == 0 && count(t, s, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'`) == 0
	}, patience, 10*time.Millisecond, "an export that has ended keeps its transaction")
}

// TestExport_MemoryIsBounded runs alone, since it measures the memory of the
// whole program.
func TestExport_MemoryIsBounded(t *testing.T) {
	const payments = 100_000
	s := system.Start(t)
	loadPayments(t, s, payments)
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before, most := heap(), uint64(0)
	export := beginExport(t, s)
	export.rows.ReuseRecord = true
	for row := 0; ; row++ {
		_, err := export.rows.Read()
		if errors.Is(err, io.EOF) {
			require.Equal(t, payments+1, row)
			break
		}
		require.NoError(t, err)
		if row%10_000 == 0 {
			most = max(most, heap())
		}
	}
	// The rows are about 50 MB.
	require.Less(t, most, before+12<<20, "bytes of memory, %d before", before)
	released(t, s)
}

// manyPayments is more than all buffers between the database and a caller hold.
const manyPayments = 40_000

func TestExport_LongRunning(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Admission.Exports = 1 })
	loadPayments(t, s, manyPayments)
	// One after the other: there is a place for one.
	for _, test := range []sharedTest{
		{"ItIsOfOneMoment", exportOfOneMoment},
		{"PastTheLimitItIsRefused", exportPastTheLimit},
		{"AFailureOnItsWayCutsTheConnection", exportThatFails},
		{"ACallerThatLeavesGivesEverythingBack", exportOfACallerThatLeaves},
	} {
		t.Run(test.name, func(t *testing.T) { test.test(t, s) })
	}
}

func exportOfOneMoment(t *testing.T, s *system.System) {
	export := beginExport(t, s)
	_, err := export.rows.Read()
	require.NoError(t, err)
	for _, statement := range []string{
		"UPDATE payments SET note = 'changed' WHERE amount > 39000",
		"DELETE FROM payments WHERE amount BETWEEN 38000 AND 38010",
		`INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, note, status, actor_id, created_at)
			SELECT gen_random_uuid(), invoice_id, client_id, 1, 'MAD', payment_date, 'cash', 'added', 'posted', 'op', '2026-12-31'
			FROM payments WHERE amount = 1`,
	} {
		execute(t, s, statement)
	}
	for amount := 1; amount <= manyPayments; amount++ {
		row, err := export.rows.Read()
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%d.%02d", amount/100, amount%100), row[3])
		require.Equal(t, strings.Repeat("x", 300), row[8])
	}
	_, err = export.rows.Read()
	require.ErrorIs(t, err, io.EOF)
	released(t, s)
}

func exportPastTheLimit(t *testing.T, s *system.System) {
	export := beginExport(t, s)
	for _, path := range []string{paymentsPath + "/export", "/api/v1/invoices/export", casesPath + "/export", agingPath + "/export"} {
		answer := s.Call(t, http.MethodGet, path, nil)
		answer.Refused(t, http.StatusServiceUnavailable, "overloaded")
		require.NotEmpty(t, answer.Header.Get("Retry-After"))
	}
	s.Get(t, paymentsPath, nil)
	require.NoError(t, export.Close())
	released(t, s)
	require.Equal(t, http.StatusOK, s.Call(t, http.MethodGet, "/api/v1/invoices/export", nil).Status)
}

func exportThatFails(t *testing.T, s *system.System) {
	export := beginExport(t, s)
	require.Eventually(t, func() bool {
		return count(t, s, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'`) == 1
	}, patience, 10*time.Millisecond, "an export holds no transaction")
	_, err := io.Copy(io.Discard, export.body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "a part looks like the whole")
	released(t, s)
}

func exportOfACallerThatLeaves(t *testing.T, s *system.System) {
	export := beginExport(t, s)
	require.NoError(t, export.Close())
	released(t, s)
}

// TestExport_SlowReader takes longer in all than a request or an answer may,
// and less for each batch.
func TestExport_SlowReader(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) {
		c.HTTP.RequestTimeout, c.HTTP.AnswerTimeout = 2*time.Second, 2*time.Second
	})
	loadPayments(t, s, manyPayments)
	export, pace := beginExport(t, s), time.NewTicker(150*time.Millisecond)
	defer pace.Stop()
	for row := range manyPayments + 1 {
		if row%1000 == 0 {
			<-pace.C
		}
		_, err := export.rows.Read()
		require.NoError(t, err, "row %d", row)
	}
	_, err := export.rows.Read()
	require.ErrorIs(t, err, io.EOF)
}

func TestExport_StalledReaderIsCutOff(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.HTTP.AnswerTimeout = 300 * time.Millisecond })
	loadPayments(t, s, manyPayments)
	export := beginExport(t, s)
	released(t, s)
	_, err := io.Copy(io.Discard, export.body)
	require.Error(t, err)
}
