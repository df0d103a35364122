package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestErrors_Envelope(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"WhatIsNoOperationIsAnsweredInTheEnvelope", whatIsNoOperationIsAnsweredInTheEnvelope},
		{"BodiesThatAreNoJSONObjectAreRefused", bodiesThatAreNoJSONObjectAreRefused},
		{"BodyOfAnotherContentTypeIsRefused", bodyOfAnotherContentTypeIsRefused},
		{"BodyOverOneMebibyteIsTooLarge", bodyOverOneMebibyteIsTooLarge},
		{"RequestIDIsKeptOrMade", requestIDIsKeptOrMade},
		{"EveryAnswerHasAnIDOfItsOwn", everyAnswerHasAnIDOfItsOwn},
		{"PreflightIsAnsweredBeforeIdentity", preflightIsAnsweredBeforeIdentity},
		{"ErrorsCarryCORSHeaders", errorsCarryCORSHeaders},
		{"OtherOriginsAreNotAllowed", otherOriginsAreNotAllowed},
	})
}

func whatIsNoOperationIsAnsweredInTheEnvelope(t *testing.T, s *system.System) {
	for _, test := range []struct {
		method, path string
		status       int
		code         string
	}{
		{http.MethodGet, "/api/v1/nothing", http.StatusNotFound, "not_found"},
		{http.MethodPost, "/nothing", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/api/v1/landing/nothing", http.StatusNotFound, "not_found"},
		{http.MethodGet, customersPath + "/" + unknownID + "/nothing", http.StatusNotFound, "not_found"},
		{http.MethodDelete, customersPath, http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodPatch, customersPath + "/" + unknownID, http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodGet, "/api/v1/contracts/provision/x", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/api/v1/landing/submit/new", http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodPut, "/api/v1/health", http.StatusMethodNotAllowed, "method_not_allowed"},
		{http.MethodGet, customersPath + "?filters=" + strings.Repeat("x", 8<<10), http.StatusRequestURITooLong, "uri_too_long"},
	} {
		answer := s.Call(t, test.method, test.path, nil)
		require.Empty(t, answer.Refused(t, test.status, test.code), "%s %.80s", test.method, test.path)
		require.Contains(t, answer.Header.Get("Content-Type"), "application/json", "%s %.80s", test.method, test.path)
	}
}

func bodiesThatAreNoJSONObjectAreRefused(t *testing.T, s *system.System) {
	for _, test := range []struct {
		name string
		body any
	}{
		{"no body", nil},
		{"empty", ""},
		{"spaces", "  "},
		{"cut off", `{"full_name": `},
		{"text", "full_name=x"},
		{"two objects", `{"client_type": "individual", "full_name": "Two"} {}`},
		{"list", `[]`},
		{"number", `5`},
		{"null", `null`},
		{"string", `"text"`},
		{"comment", `{/* */}`},
		{"trailing comma", `{"client_type": "individual", "full_name": "Comma",}`},
		{"NaN", `{"client_type": "individual", "full_name": NaN}`},
		{"single quotes", `{'client_type': 'individual'}`},
		{"deeply nested", strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, customersPath, test.body) })
			problems := answer.Refused(t, http.StatusUnprocessableEntity, "validation_error")["errors"].([]any)
			require.NotEmpty(t, problems)
			require.Equal(t, "body", at(t, problems[0], "loc").([]any)[0], "answer: %s", answer.Body)
		})
	}
}

func bodyOfAnotherContentTypeIsRefused(t *testing.T, s *system.System) {
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", "application/xml"} {
		answer := s.Call(t, http.MethodPost, customersPath, `<a/>`, system.Header{Name: "Content-Type", Value: contentType})
		answer.Refused(t, http.StatusUnprocessableEntity, "validation_error")
	}
	body := `{"client_type": "individual", "full_name": "Charset"}`
	for _, contentType := range []string{"application/json; charset=utf-8", "application/json", ""} {
		answer := s.Call(t, http.MethodPost, customersPath, body, system.Header{Name: "Content-Type", Value: contentType})
		require.Equal(t, http.StatusOK, answer.Status, "Content-Type %q: %s", contentType, answer.Body)
	}
}

func bodyOverOneMebibyteIsTooLarge(t *testing.T, s *system.System) {
	frame := `{"client_type": "individual", "full_name": "Large", "unknown": ""}`
	body := func(size int) string {
		return strings.Replace(frame, `""`, `"`+strings.Repeat("x", size-len(frame))+`"`, 1)
	}
	writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodPost, customersPath, body(1<<20+1))
	}).Refused(t, http.StatusRequestEntityTooLarge, "payload_too_large")
	answer := s.Call(t, http.MethodPost, customersPath, body(1<<20-1))
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
}

func requestIDIsKeptOrMade(t *testing.T, s *system.System) {
	const header = "X-Request-ID"
	for _, test := range []struct {
		name, sent string
		kept       bool
	}{
		{"given", "golden-012", true},
		{"longest", strings.Repeat("r", 128), true},
		{"none", "", false},
		{"too long", strings.Repeat("r", 129), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{customersPath, customersPath + "/" + unknownID, "/nothing", "/api/v1/landing/bootstrap"} {
				answer := s.Call(t, http.MethodGet, path, nil, system.Header{Name: header, Value: test.sent})
				id := answer.Header.Get(header)
				require.Equal(t, test.kept, id == test.sent, "%s: X-Request-ID is %q", path, id)
				require.NotEmpty(t, id, path)
				if answer.Status >= 400 {
					require.Equal(t, id, text(t, decoded(t, answer, answer.Status), "error", "trace_id"))
				}
			}
		})
	}
}

func everyAnswerHasAnIDOfItsOwn(t *testing.T, s *system.System) {
	first := s.Call(t, http.MethodGet, customersPath, nil).Header.Get("X-Request-ID")
	second := s.Call(t, http.MethodGet, customersPath, nil).Header.Get("X-Request-ID")
	require.NotEqual(t, first, second)
}

func preflightIsAnsweredBeforeIdentity(t *testing.T, s *system.System) {
	for _, origin := range []string{"http://localhost:3000", "http://localhost:5173", "http://127.0.0.1:8080"} {
		answer := s.Call(t, http.MethodOptions, customersPath, nil, system.Anonymous,
			system.Header{Name: "Origin", Value: origin},
			system.Header{Name: "Access-Control-Request-Method", Value: "POST"},
			system.Header{Name: "Access-Control-Request-Headers", Value: "authorization,content-type,idempotency-key"})
		require.Less(t, answer.Status, 300, "%s: %s", origin, answer.Body)
		require.Equal(t, origin, answer.Header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, answer.Header.Get("Access-Control-Allow-Methods"), "POST")
		require.Contains(t, strings.ToLower(answer.Header.Get("Access-Control-Allow-Headers")), "idempotency-key")
	}
}

func errorsCarryCORSHeaders(t *testing.T, s *system.System) {
	origin := system.Header{Name: "Origin", Value: "http://localhost:5173"}
	for _, test := range []struct {
		name   string
		answer system.Response
		status int
	}{
		{"401", s.Call(t, http.MethodGet, customersPath, nil, origin, system.Anonymous), 401},
		{"404 route", s.Call(t, http.MethodGet, "/nothing", nil, origin), 404},
		{"404 resource", s.Call(t, http.MethodGet, customersPath+"/x", nil, origin), 404},
		{"405", s.Call(t, http.MethodDelete, customersPath, nil, origin), 405},
		{"422 body", s.Call(t, http.MethodPost, customersPath, "{", origin), 422},
		{"422 URL", s.Call(t, http.MethodGet, customersPath+"?a=%00", nil, origin), 422},
	} {
		require.Equal(t, test.status, test.answer.Status, "%s: %s", test.name, test.answer.Body)
		require.Equal(t, origin.Value, test.answer.Header.Get("Access-Control-Allow-Origin"), test.name)
	}
}

func otherOriginsAreNotAllowed(t *testing.T, s *system.System) {
	for _, origin := range []string{"https://evil.example", "http://localhost.evil.example:80", "null"} {
		answer := s.Call(t, http.MethodGet, "/api/v1/health", nil, system.Header{Name: "Origin", Value: origin})
		require.Empty(t, answer.Header.Get("Access-Control-Allow-Origin"), origin)
	}
}

func TestCORS_ConfiguredOrigins(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.CORSOrigins = []string{"https://portal.example.ma"} })
	for origin, want := range map[string]string{"https://portal.example.ma": "https://portal.example.ma", "http://localhost:3000": ""} {
		answer := s.Call(t, http.MethodGet, "/api/v1/health", nil, system.Header{Name: "Origin", Value: origin})
		require.Equal(t, want, answer.Header.Get("Access-Control-Allow-Origin"), origin)
	}
}
