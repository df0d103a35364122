package main

import (
	"fmt"
	"strconv"
	"strings"
)

// rule forbids the packages in from to import those in to. except and allowed
// list packages that the rule does not cover. Test files are covered only if
// tests is set, because a test may drive a business rule through the whole system.
type rule struct {
	from, except []string
	to, allowed  []string
	tests        bool
	why          string
}

// doors are the packages that each serve one API. The package api mounts them.
var doors = []string{"api/operators", "api/landing", "api/epilot", "api/contractdocs"}

var rules = []rule{
	{
		from:   []string{"internal/..."},
		except: []string{"internal/app", "internal/test/..."},
		to:     []string{"api/...", "workflows/...", "activities"},
		why:    "packages below the API and the workflows do not know them; only internal/app puts the program together",
	},
	{
		from:  []string{"api/rest"},
		to:    append([]string{"api"}, doors...),
		tests: true,
		why:   "api/rest does not depend on any resource; a door passes in its own settings when it is mounted",
	},
	{
		from:  doors,
		to:    append([]string{"api"}, doors...),
		tests: true,
		why:   "a door imports no other door; put what two doors share into api/rest or internal",
	},
	{
		from: []string{"workflows"},
		to:   []string{"workflows/starter", "api/..."},
		why:  "a workflow does not know who starts it",
	},
	{
		from: []string{"workflows/starter"},
		to:   []string{"api/..."},
		why:  "starter serves every caller, and HTTP is only one of them",
	},
	{
		from:  []string{"activities"},
		to:    []string{"workflows/...", "api/..."},
		tests: true,
		why:   "an activity does not know which workflow runs it",
	},
	{
		from:    []string{"db/..."},
		to:      []string{"api/...", "workflows/...", "activities", "internal/..."},
		allowed: []string{"internal/actor", "internal/calendar", "internal/money", "internal/refusal", "internal/vocabulary"},
		why:     "db does not depend on business rules, only on values and refusals",
	},
	{
		from:   []string{"activities", "api/...", "cmd/...", "db/...", "internal/...", "workflows/..."},
		except: []string{"internal/test/..."},
		to:     []string{"internal/test/..."},
		why:    "test support stays out of the program",
	},
}

// checkImports returns the imports that a rule forbids.
func checkImports(files []source) []string {
	var problems []string
	for _, file := range files {
		for _, spec := range file.syntax.Imports {
			// The parser accepts nothing but a string here.
			imported, _ := strconv.Unquote(spec.Path.Value)
			target, own := strings.CutPrefix(imported, module)
			if !own {
				continue
			}
			for _, rule := range rules {
				if rule.forbids(file, target) {
					problem := fmt.Sprintf("%s: %s imports %s: %s", file.position(spec), file.pkg(), target, rule.why)
					problems = append(problems, problem)
				}
			}
		}
	}
	return problems
}

func (r rule) forbids(file source, target string) bool {
	if file.test && !r.tests {
		return false
	}
	// An external test imports the package in its own folder.
	return target != file.pkg() && matches(r.from, file.pkg()) && !matches(r.except, file.pkg()) &&
		matches(r.to, target) && !matches(r.allowed, target)
}

// checkRules returns the patterns that cover no package. Such a pattern is left
// behind by a package that moved, and makes its rule check nothing.
func checkRules(files []source) []string {
	var problems []string
	for _, rule := range rules {
		for _, patterns := range [][]string{rule.from, rule.except, rule.to, rule.allowed} {
			for _, pattern := range patterns {
				if !covers(pattern, files) {
					problem := fmt.Sprintf("tools/boundaries: no package matches %s: the package has moved, so correct the rule", pattern)
					problems = append(problems, problem)
				}
			}
		}
	}
	return problems
}

func covers(pattern string, files []source) bool {
	for _, file := range files {
		if matches([]string{pattern}, file.pkg()) {
			return true
		}
	}
	return false
}
