package api_test

import (
	"os"
	"testing"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestMain(m *testing.M) {
	code := m.Run()
	system.StopBorrowed()
	os.Exit(code)
}
