// Command screenshots makes the pictures of docs/images from a demo that it starts.
//
// It needs bin/mtf-dev, which it is given, and a Chromium or Chrome in PATH. Whatever
// the pictures show is the demo's invented data.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// timeout bounds the demo and all pictures together.
const timeout = 5 * time.Minute

func main() {
	program := flag.String("program", "bin/mtf-dev", "the program with the embedded stack")
	folder := flag.String("out", "docs/images", "where the pictures go")
	flag.Parse()
	if err := run(*program, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(program, folder string) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	shown, err := startDemo(ctx, program)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, shown.stop()) }()
	browser, closeBrowser, err := openBrowser(ctx)
	if err != nil {
		return err
	}
	defer closeBrowser()
	for _, each := range pictures(shown) {
		content, err := each.take(browser)
		if err != nil {
			return fmt.Errorf("%s: %w", each.file, err)
		}
		if err := os.WriteFile(filepath.Join(folder, each.file), content, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s  %d kB\n", each.file, len(content)/1000)
	}
	return nil
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
