// Command links checks that every link in the Markdown pages leads to a file and
// a heading, and that every path and make target in backquotes exists.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", ".", "the root of the repository")
	flag.Parse()
	problems, err := check(os.DirFS(*root))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

var (
	codeBlock = regexp.MustCompile("(?s)```.*?```")
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	linkText  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInSlug = regexp.MustCompile(`[^\w\- ]`)
	filePath  = regexp.MustCompile("`((?:cmd|api|workflows|activities|internal|db|tools|docs|deploy)(?:/[\\w.\\-]+)+)`")
	target    = regexp.MustCompile("`make ([a-z][a-z/-]*)")
)

// check returns the problems of all pages below the root of fsys.
func check(fsys fs.FS) ([]string, error) {
	pages := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && name != "." && (entry.Name()[0] == '.' || entry.Name() == "bin" || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".md" {
			content, err := fs.ReadFile(fsys, name)
			pages[name] = codeBlock.ReplaceAllString(string(content), "")
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	makefile, err := fs.ReadFile(fsys, "Makefile")
	if err != nil {
		return nil, err
	}

	var problems []string
	for name, page := range pages {
		for _, match := range link.FindAllStringSubmatch(page, -1) {
			if !leads(fsys, pages, name, match[1]) {
				problems = append(problems, fmt.Sprintf("%s: broken link %s", name, match[1]))
			}
		}
		for _, match := range filePath.FindAllStringSubmatch(page, -1) {
			// The example of a name for a migration.
			if !exists(fsys, match[1]) && !strings.Contains(match[1], "NNNNN") {
				problems = append(problems, fmt.Sprintf("%s: no such file: %s", name, match[1]))
			}
		}
		for _, match := range target.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(string(makefile), "\n"+match[1]+":") {
				problems = append(problems, fmt.Sprintf("%s: no such target: make %s", name, match[1]))
			}
		}
	}
	slices.Sort(problems)
	return slices.Compact(problems), nil
}

// leads reports whether a link in a page leads to a file, and to a heading in it.
func leads(fsys fs.FS, pages map[string]string, page, to string) bool {
	if strings.Contains(to, "://") {
		return true
	}
	file, anchor, _ := strings.Cut(to, "#")
	name := page
	if file != "" {
		name = path.Join(path.Dir(page), file)
	}
	content, known := pages[name]
	if !known || anchor == "" {
		return exists(fsys, name)
	}
	for _, match := range heading.FindAllStringSubmatch(content, -1) {
		if slug(match[1]) == anchor {
			return true
		}
	}
	return false
}

// slug returns the anchor that GitHub gives a heading.
func slug(heading string) string {
	plain := linkText.ReplaceAllString(heading, "$1")
	return strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(plain), ""), " ", "-")
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}
