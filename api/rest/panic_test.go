package rest

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/workflows/starter"
)

func TestAPanicIsLoggedWithoutWhatItWasGiven(t *testing.T) {
	// The default log is global, so this test does not run in parallel.
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	for _, test := range []struct {
		cause any
		want  string
	}{{"SECRET", "panic=string"}, {errors.New("SECRET"), "panic=*errors.errorString"}, {nil, "index out of range"}} {
		var logged bytes.Buffer
		slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
		answer := httptest.NewRecorder()
		identify(recoverPanics(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if test.cause == nil {
				_ = []int{}[len(logged.Bytes())]
			}
			panic(test.cause)
		}))).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Equal(t, http.StatusInternalServerError, answer.Code)
		require.NotContains(t, answer.Body.String()+logged.String(), "SECRET")
		require.Contains(t, strings.ReplaceAll(logged.String(), `"`, ""), test.want)
	}
}

func TestOverloadIsNoOutage(t *testing.T) {
	t.Parallel()
	overloaded := newErrorEnvelope(t.Context(), starter.ErrOverloaded)
	require.Equal(t, codeOverloaded, overloaded.Detail.Code)
	unavailable := newErrorEnvelope(t.Context(), starter.ErrUnavailable)
	require.Equal(t, CodeUnavailable, unavailable.Detail.Code)
	for _, envelope := range []*ErrorEnvelope{overloaded, unavailable} {
		require.Equal(t, http.StatusServiceUnavailable, envelope.GetStatus())
		require.NotEmpty(t, envelope.GetHeaders().Get("Retry-After"))
	}
	bounded, cancel := WithDeadline(t.Context(), time.Nanosecond)
	defer cancel()
	<-bounded.Done()
	require.Equal(t, codeDeadlineExceeded, newErrorEnvelope(bounded, bounded.Err()).Detail.Code)
	require.NoError(t, WithoutDeadline(bounded).Err())
}
