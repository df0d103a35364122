package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// The contents of a server's directory. The password is beside the data, so that one rename puts both in place.
const (
	dataName     = "data"
	passwordName = "password"
)

// incompleteSuffix marks the sibling directory in which a new server's files are prepared. No server has run
// on such a directory, so the next start removes it.
const incompleteSuffix = ".incomplete"

// dataMajor returns the major version of the data directory in dir, 0 when there is none yet.
func dataMajor(dir string) (int, error) {
	path := filepath.Join(dir, dataName, "PG_VERSION")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0, fmt.Errorf("%s does not hold a PostgreSQL version; nothing was changed", path)
	}
	return major, nil
}

// initialise creates the data directory and the password in dir unless dir exists. It is all or nothing: an
// interruption at any point leaves no dir, and the next start repeats it.
func initialise(ctx context.Context, binaries Binaries, dir string, fast bool) error {
	_, err := os.Stat(filepath.Join(dir, dataName, "PG_VERSION"))
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s exists but holds no PostgreSQL data directory: move it away; nothing was changed", dir)
	}
	incomplete := dir + incompleteSuffix
	if err := os.RemoveAll(incomplete); err != nil {
		return err
	}
	if err := os.MkdirAll(incomplete, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(incomplete, passwordName), []byte(newPassword()), 0o600); err != nil {
		return err
	}
	who, err := chooseAccount(ctx, binaries, incomplete)
	if err != nil {
		return err
	}
	if err := who.own(incomplete); err != nil {
		return err
	}
	if err := runInitdb(ctx, binaries, who, incomplete, fast); err != nil {
		return err
	}
	return os.Rename(incomplete, dir)
}

func newPassword() string {
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // It never fails; see crypto/rand.
	return hex.EncodeToString(secret)
}

// runInitdb creates a cluster in UTF-8 that compares text by code point everywhere and whose lower(), upper() and ILIKE
// know accented letters, on every system that has a way to say so.
func runInitdb(ctx context.Context, binaries Binaries, who account, dir string, fast bool) error {
	locales := [][]string{{"--locale=C.UTF-8"}, {"--locale=C", "--lc-ctype=en_US.UTF-8"}, {"--locale=C"}}
	if binaries.Major >= 17 {
		locales = [][]string{{"--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"}}
	}
	var complaint string
	for _, locale := range locales {
		arguments := append([]string{
			"--pgdata=" + filepath.Join(dir, dataName),
			"--username=" + User,
			"--pwfile=" + filepath.Join(dir, passwordName),
			"--auth=scram-sha-256",
			"--encoding=UTF8",
			"--no-instructions",
		}, locale...)
		if fast {
			arguments = append(arguments, "--no-sync")
		}
		cmd := exec.CommandContext(ctx, binaries.program("initdb"), arguments...)
		cmd.Dir = dir
		cmd.Env = serverEnvironment()
		cmd.SysProcAttr = who.attributes()
		endWithParent(cmd.SysProcAttr)
		output, err := runLocked(cmd)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		complaint = firstComplaint(output, err)
	}
	return fmt.Errorf("initdb of PostgreSQL %s failed: %s", binaries.Version, complaint)
}

// firstComplaint picks the line of initdb's output that says what went wrong.
func firstComplaint(output string, err error) string {
	for line := range strings.Lines(output) {
		if _, text, found := strings.Cut(line, "error: "); found {
			return strings.TrimSpace(text)
		}
		if _, text, found := strings.Cut(line, "FATAL:"); found {
			return strings.TrimSpace(text)
		}
	}
	return err.Error()
}
