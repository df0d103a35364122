package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/test/logs"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// capture sends the program's log to memory, all levels of it, until the test ends.
func capture(t *testing.T) *logs.Lines {
	t.Helper()
	t.Setenv("MTF_LOG_LEVEL", "debug")
	logged, before := &logs.Lines{}, slog.Default()
	slog.SetDefault(app.Logger(logged))
	t.Cleanup(func() { slog.SetDefault(before) })
	return logged
}

type object = map[string]any

const (
	cin      = "QZ918273"
	fullName = "Zoubida Quxley"
	mobile   = "0677182736"
	email    = "zoubida.quxley@private.example"
	home     = "Impasse Xylophone"
	actor    = "operator.wibble@private.example"
)

func TestLogsHoldNoPersonalData(t *testing.T) {
	logged := capture(t)
	s := system.Start(t)
	operator := system.Header{Name: "Authorization", Value: "Bearer " + actor + ":ops,billing"}
	var offer, submitted, verified object
	s.Post(t, "/api/v1/offers", object{
		"name": "Mobile", "service_category": "mobile", "monthly_fee": "199.00", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	}, &offer, operator)
	submit := func(changes object) object {
		body := object{
			"service_category": "mobile", "offer_id": offer["id"], "cin": cin, "full_name": fullName, "email": email, "address": home,
			"contact_phone": mobile, "contract_start_date": "2026-09-20", "mobile_number_mode": "assign_new", "requested_mobile_local_number": mobile,
		}
		for name, value := range changes {
			body[name] = value
		}
		return body
	}
	const newPath = "/api/v1/landing/submit/new"
	s.Post(t, newPath, submit(nil), &submitted, system.Key("logged-key-1"))
	s.Post(t, newPath, submit(nil), &submitted, system.Key("logged-key-1"))
	document := submitted["document_download_url"].(string)
	require.Equal(t, http.StatusOK, s.Call(t, http.MethodGet, document, nil).Status)
	s.Post(t, "/api/v1/landing/clients/verify-cin", object{"cin": cin}, &verified)
	lookup := verified["lookup_token"].(string)
	s.Get(t, "/api/v1/landing/clients/"+cin+"/invoices?lookup_token="+url.QueryEscape(lookup), nil)
	s.Post(t, "/api/v1/landing/drafts", object{"flow_type": "subscribe_new_service", "step": "identity", "cin": cin, "payload": object{"name": fullName}}, nil)

	// Refusals of all kinds.
	for i, body := range []any{
		submit(object{"offer_id": "01890000-0000-7000-8000-000000000000"}), submit(object{"cin": "A"}), submit(object{"requested_mobile_local_number": "12"}),
		submit(nil), `{"cin": "` + cin + `", "full_name": "` + fullName, `{"cin": "` + cin + `\u0000"}`,
	} {
		require.GreaterOrEqual(t, s.Call(t, http.MethodPost, newPath, body, system.Key(fmt.Sprintf("logged-refused-%d", i))).Status, 400)
	}
	customer := object{"client_type": "individual", "full_name": fullName, "cin": cin, "email": email, "phone": mobile}
	require.Equal(t, http.StatusConflict, s.Call(t, http.MethodPost, "/api/v1/customers", customer, operator).Status)
	require.Equal(t, http.StatusNotFound, s.Call(t, http.MethodGet, "/api/v1/"+cin, nil, operator).Status)

	// Faults of the database that quote what they are about, at the door and in a worker.
	_, err := s.Pool.Exec(context.Background(), `
		CREATE SEQUENCE complaints;
		CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			PERFORM nextval('complaints');
			RAISE EXCEPTION 'cannot keep % of %', NEW.full_name, NEW.cin USING DETAIL = 'Key (cin)=(' || NEW.cin || ')'; END $$;
		CREATE TRIGGER complain BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION complain()`)
	require.NoError(t, err)
	customer["cin"] = cin + "9"
	require.Equal(t, http.StatusInternalServerError, s.Call(t, http.MethodPost, "/api/v1/customers", customer, operator).Status)
	body := submit(object{"cin": cin + "8", "requested_mobile_local_number": "0677182799"})
	require.Equal(t, http.StatusAccepted, s.Call(t, http.MethodPost, newPath, body, system.Key("logged-key-2"),
		system.Header{Name: "Prefer", Value: "respond-async"}).Status)
	require.Eventually(t, func() bool {
		var complaints int // A sequence counts what is rolled back, too.
		return s.Pool.QueryRow(context.Background(), "SELECT last_value FROM complaints").Scan(&complaints) == nil && complaints >= 3
	}, 30*time.Second, 10*time.Millisecond, "the worker does not try again")
	require.Contains(t, logged.String(), "PostgreSQL error P0001")
	_, err = s.Pool.Exec(context.Background(), "DROP TRIGGER complain ON clients")
	require.NoError(t, err)
	s.Post(t, newPath, body, &submitted, system.Key("logged-key-2"))

	text := logged.String()
	_, token, _ := strings.Cut(document, "token=")
	for _, secret := range []string{
		cin, fullName, "Quxley", mobile, mobile[1:], email, "zoubida", home, "Xylophone", actor, "wibble", token, lookup, "677182799",
	} {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
	}
	requests := requestLines(t, text)
	first := requests["POST "+newPath]
	require.EqualValues(t, http.StatusOK, first["status"])
	require.NotEmpty(t, first["request_id"])
	require.Contains(t, first, "duration_ms")
	require.Greater(t, first["bytes"], 100.0)
	require.Contains(t, requests, "GET /api/v1/landing/clients/{cin}/invoices")
	require.Contains(t, requests, "GET unmatched")
	require.Contains(t, requests, "GET /api/v1/landing/contracts/{contract_id}/document")
	require.Len(t, requests["POST /api/v1/offers"]["actor"], 12)
	require.Equal(t, requests["POST /api/v1/offers"]["actor"], requests["POST /api/v1/customers"]["actor"])
}

// requestLines returns the first line of each method and route.
func requestLines(t *testing.T, text string) map[string]object {
	t.Helper()
	found := map[string]object{}
	for line := range strings.Lines(text) {
		var record object
		require.NoError(t, json.Unmarshal([]byte(line), &record), line)
		if record["msg"] != "request" {
			continue
		}
		name := fmt.Sprint(record["method"], " ", record["route"])
		if _, known := found[name]; !known {
			found[name] = record
		}
	}
	return found
}

func TestTheLogMasksWhatItIsGiven(t *testing.T) {
	logged := capture(t)
	failure := &pgconn.PgError{Severity: "ERROR", Code: "23505", Message: "SECRET", Detail: "Key (cin)=(SECRET)", ConstraintName: "clients_cin_key"}
	slog.With("cin", "SECRET").Error("told", "email", "SECRET", "Full-Name", "SECRET", "error", fmt.Errorf("outer: %w", failure),
		slog.Group("request", "token", "SECRET"), "joined", errors.Join(failure, context.Canceled), "PanicError", "SECRET", "Result", "SECRET",
		"WorkflowID", strings.Repeat("k", 5000))
	text := logged.String()
	require.NotContains(t, text, "SECRET")
	require.Contains(t, text, "outer: PostgreSQL error 23505, constraint clients_cin_key")
	require.Less(t, len(text), 3000)

	name := "SECRET"
	slog.Error("told", "row", dbsqlc.Client{FullName: name}, "pointer", &dbsqlc.Client{CIN: &name}, "list", []string{name}, "map", object{name: 1},
		"bytes", []byte(name), "line", phone.Number("+212612345678"), "day", calendar.MustParse("2026-11-22"), "amount", money.Amount(19900),
		"code", refusal.OfferNotFound, "flag", true, "nothing", nil, "id", uuid.Nil)
	text = logged.String()
	require.NotContains(t, text, "SECRET")
	require.NotContains(t, text, "612345")
	for _, want := range []string{
		`"row":"dbsqlc.Client"`, `"pointer":"*dbsqlc.Client"`, `"list":"[]string"`, `"line":"+******5678"`, `"day":"2026-11-22"`, `"amount":"199.00"`,
		`"code":"offer_not_found"`, `"flag":true`, `"nothing":null`, `"id":"00000000-0000-0000-0000-000000000000"`,
	} {
		require.Contains(t, text, want)
	}
	slog.Error("told", "PanicError", "runtime error: index out of range [3] with length 2")
	require.Contains(t, logged.String(), "index out of range")
}
