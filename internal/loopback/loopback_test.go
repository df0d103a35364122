package loopback_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/loopback"
)

func TestHost_LoopbackOnly(t *testing.T) {
	t.Parallel()
	for host, local := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true,
		"": false, "10.0.0.1": false, "0.0.0.0": false, "localhost.example": false, "[::1]": false, "127.0.0.1:80": false,
	} {
		assert.Equal(t, local, loopback.Host(host), host)
	}
}
