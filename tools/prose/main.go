// Command prose checks what people read in this repository against a list of
// words and phrases: Markdown, comments, and the texts in Go strings.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", ".", "the root of the repository")
	summary := flag.Bool("summary", false, "print the number of findings per file and per phrase instead of the findings")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: prose [-root DIR] [-summary] [FILE or FOLDER, relative to the root ...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(os.Stdout, os.DirFS(*root), flag.Args(), *summary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer, fsys fs.FS, places []string, summary bool) error {
	if len(places) == 0 {
		places = []string{"."}
	}
	var findings []finding
	for _, place := range places {
		found, err := checkTree(fsys, path.Clean(place))
		if err != nil {
			return err
		}
		findings = append(findings, found...)
	}
	if summary {
		printCounts(out, findings, func(f finding) string { return f.phrase.use })
		fmt.Fprintln(out)
		printCounts(out, findings, func(f finding) string { return f.path })
	} else {
		for _, f := range findings {
			fmt.Fprintf(out, "%s:%d: %q: %s\n", f.path, f.line, f.match, f.phrase.use)
		}
	}
	if len(findings) > 0 {
		return fmt.Errorf("%d findings; the phrases are in tools/prose/phrases.go", len(findings))
	}
	return nil
}

// printCounts prints how many findings each key has, the most frequent key first.
func printCounts(out io.Writer, findings []finding, key func(finding) string) {
	counts := map[string]int{}
	for _, f := range findings {
		counts[key(f)]++
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, k := range keys {
		fmt.Fprintf(out, "%5d  %s\n", counts[k], k)
	}
}

// checkTree returns the findings in a file, or in all files below a folder.
func checkTree(fsys fs.FS, place string) ([]finding, error) {
	var findings []finding
	err := fs.WalkDir(fsys, place, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && skipped(name):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		passages, err := read(fsys, name)
		if err != nil {
			return errors.Join(fmt.Errorf("read %s", name), err)
		}
		from := len(findings)
		for _, passage := range passages {
			findings = append(findings, check(name, passage)...)
		}
		slices.SortStableFunc(findings[from:], func(a, b finding) int { return cmp.Compare(a.line, b.line) })
		return nil
	})
	return findings, err
}

// skipped reports whether a folder holds built, installed, or recorded files.
func skipped(folder string) bool {
	name := path.Base(folder)
	return slices.Contains([]string{"bin", "node_modules", "testdata"}, name) ||
		strings.HasPrefix(name, ".") && name != "." && name != ".ci" && name != ".github"
}
