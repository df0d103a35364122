package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// passage is a text that begins on a line of a file. It has the line breaks of the file.
type passage struct {
	line int
	text string
}

// read returns the passages of a file, or none if the file has no prose.
func read(fsys fs.FS, name string) ([]passage, error) {
	extract := extractor(name)
	if extract == nil || examples[name] {
		return nil, nil
	}
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	return extract(name, string(content))
}

// examples are the files that quote what this program finds.
var examples = map[string]bool{"tools/prose/phrases.go": true, "tools/prose/prose_test.go": true}

func extractor(name string) func(name, content string) ([]passage, error) {
	switch path.Ext(name) {
	case ".go":
		return goPassages
	case ".md":
		return markdownPassages
	case ".sql":
		return sqlPassages
	case ".sh", ".yml", ".yaml":
		return hashPassages
	}
	switch path.Base(name) {
	case "Makefile", "Dockerfile", "run", ".env.example":
		return hashPassages
	}
	return nil
}

// goPassages returns the comments of a file and, unless it is a test, the texts in its strings.
func goPassages(name, content string) ([]passage, error) {
	fileset := token.NewFileSet()
	file, err := parser.ParseFile(fileset, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	var passages []passage
	tags := map[*ast.BasicLit]bool{}
	for _, group := range file.Comments {
		passages = append(passages, passage{fileset.Position(group.Pos()).Line, commentText(group)})
	}
	if strings.HasSuffix(name, "_test.go") {
		return passages, nil
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if node.Tag != nil {
				tags[node.Tag] = true
				passages = append(passages, tagPassages(fileset, node.Tag)...)
			}
		case *ast.BasicLit:
			text, err := strconv.Unquote(node.Value)
			if err == nil && !tags[node] && isSentence(text) {
				passages = append(passages, passage{fileset.Position(node.Pos()).Line, text})
			}
		}
		return true
	})
	return passages, nil
}

// commentText returns the text of a comment with the line breaks of the file, which
// go/ast would change.
func commentText(group *ast.CommentGroup) string {
	lines := make([]string, len(group.List))
	for i, comment := range group.List {
		text := strings.TrimPrefix(comment.Text, "//")
		lines[i] = strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/")
	}
	return maskCode(strings.Join(lines, "\n"))
}

// tagPassages returns the texts that OpenAPI and the command line take from a struct tag.
func tagPassages(fileset *token.FileSet, tag *ast.BasicLit) []passage {
	value, err := strconv.Unquote(tag.Value)
	if err != nil {
		return nil
	}
	var passages []passage
	for _, key := range []string{"doc", "help"} {
		if text, ok := reflect.StructTag(value).Lookup(key); ok {
			passages = append(passages, passage{fileset.Position(tag.Pos()).Line, text})
		}
	}
	return passages
}

// isSentence distinguishes texts for people from names and formats.
func isSentence(text string) bool { return len(strings.Fields(text)) >= 3 }

var (
	sqlComment = regexp.MustCompile(`^\s*--( ?name:.*)?`)
	sqlText    = regexp.MustCompile(`(?is)\bCOMMENT ON .*? IS\s+'((?:[^']|'')*)'`)
)

// sqlPassages returns the comments of a file, and the texts of its COMMENT ON statements.
func sqlPassages(_, content string) ([]passage, error) {
	passages := runs(content, sqlComment)
	for _, at := range sqlText.FindAllStringSubmatchIndex(content, -1) {
		passages = append(passages, passage{1 + strings.Count(content[:at[2]], "\n"), content[at[2]:at[3]]})
	}
	return passages, nil
}

var (
	hashComment  = regexp.MustCompile(`^(?:[^#]*\s)?#+ |^\s*#$`)
	alertSummary = regexp.MustCompile(`^ *summary: `)
)

// hashPassages returns the comments of a shell script, a Makefile, or a YAML file,
// and the summaries of alerts.
func hashPassages(_, content string) ([]passage, error) {
	return append(runs(content, hashComment), runs(content, alertSummary)...), nil
}

// runs returns the comments that begin with marker and end with the line. Comments
// on consecutive lines are one passage.
func runs(content string, marker *regexp.Regexp) []passage {
	var passages []passage
	previous := 0
	for number, line := range strings.Split(content, "\n") {
		at := marker.FindStringIndex(line)
		if at == nil {
			continue
		}
		text := maskCode(line[at[1]:])
		if len(passages) > 0 && previous == number {
			passages[len(passages)-1].text += "\n" + text
		} else {
			passages = append(passages, passage{number + 1, text})
		}
		previous = number + 1
	}
	return passages
}

var (
	fence   = regexp.MustCompile("^\\s*(```|~~~)")
	heading = regexp.MustCompile(`^#+ `)
)

// markdownPassages returns the text outside of code.
func markdownPassages(name, content string) ([]passage, error) {
	lines := strings.Split(content, "\n")
	inCode, opened := false, 0
	for number, line := range lines {
		switch {
		case fence.MatchString(line):
			inCode, opened = !inCode, number+1
			line = ""
		case inCode:
			line = ""
		case heading.MatchString(line):
			line = strings.TrimLeft(line, "# ")
		}
		lines[number] = line
	}
	if inCode {
		return nil, fmt.Errorf("%s:%d: the code that begins here does not end", name, opened)
	}
	return []passage{{1, maskCode(strings.Join(lines, "\n"))}}, nil
}

var code = regexp.MustCompile("`[^`\n]*`")

// maskCode replaces code between backquotes with a word that no phrase contains.
func maskCode(text string) string {
	return code.ReplaceAllString(text, "CODE")
}
