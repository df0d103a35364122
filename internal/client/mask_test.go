package client_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/client"
)

func TestAnAddressIsMaskedButForItsFirstCharacterAndDomain(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"leila@example.ma": "l***@example.ma", "a@b.ma": "a***@b.ma", "écho@b.ma": "é***@b.ma", `"x@y"@b.ma`: `"***@b.ma`,
		"@b.ma": "***@b.ma", "leila": "***", "": "***",
	} {
		assert.Equal(t, want, *client.MaskEmail(&email), email)
	}
	assert.Nil(t, client.MaskEmail(nil))
}
