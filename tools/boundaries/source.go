package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// module is the prefix of all import paths of this repository.
const module = "github.com/mtfacturation/mtf/"

// source is a Go file of any module in this repository.
type source struct {
	path      string // relative to the root, with slashes
	lines     int
	test      bool
	generated bool
	syntax    *ast.File
	fileset   *token.FileSet
}

func (s source) pkg() string { return path.Dir(s.path) }

// position returns the file and line of a node.
func (s source) position(node ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fileset.Position(node.Pos()).Line)
}

// load parses every Go file below the root of fsys.
func load(fsys fs.FS) ([]source, error) {
	var files []source
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if skipped(entry.Name()) {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		fileset := token.NewFileSet()
		syntax, err := parser.ParseFile(fileset, name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, source{
			path:      name,
			lines:     bytes.Count(content, []byte("\n")),
			test:      strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(syntax),
			syntax:    syntax,
			fileset:   fileset,
		})
		return nil
	})
	return files, err
}

// skipped reports whether a folder holds no source code. The go command ignores
// the same folders, except bin and node_modules, which hold built and installed files.
func skipped(folder string) bool {
	if folder == "." {
		return false
	}
	return strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_") ||
		slices.Contains([]string{"bin", "node_modules", "testdata"}, folder)
}

// matches reports whether one of the patterns covers a package. As for the go
// command, "api/..." covers api and every package below it.
func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		parent, tree := strings.CutSuffix(pattern, "/...")
		return pkg == parent || tree && strings.HasPrefix(pkg, parent+"/")
	})
}
