package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

func TestPayloadKey_IsAcceptedByConfig(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	require.NoError(t, payloadKey{ID: "2026-11"}.Run(&first))
	require.NoError(t, payloadKey{}.Run(&second))
	require.NotEqual(t, first.String(), second.String())
	keys, err := payloadcodec.ParseKeys(strings.TrimSpace(first.String()) + "," + strings.TrimSpace(second.String()))
	require.NoError(t, err)
	require.Contains(t, keys.String(), "[2026-11 2")
	require.Error(t, payloadKey{ID: "two words"}.Run(&first))
}
