package main

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	problems, err := check(fstest.MapFS{
		"Makefile":    {Data: []byte("\ntest:\n")},
		"api/a.go":    {},
		"README.md":   {Data: []byte("[a](docs/a.md#two-words) [b](docs/b.md) [c](#none) [d](https://example.org) `make test` `make nothing`\n")},
		"docs/a.md":   {Data: []byte("# Two `words`\n\n`api/a.go` `api/b.go`\n\n```\n[e](none.md)\n```\n")},
		"bin/none.md": {Data: []byte("[f](none.md)\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"README.md: broken link #none",
		"README.md: broken link docs/b.md",
		"README.md: no such target: make nothing",
		"docs/a.md: no such file: api/b.go",
	}
	if !slices.Equal(problems, want) {
		t.Errorf("got %q, want %q", problems, want)
	}
}
