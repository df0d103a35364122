package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// maxLines limits every file that is not generated, including tests.
const maxLines = 400

// long lists the files that are still longer.
var long = []string{
	"api/billing_run_lifecycle_test.go",
	"api/ledger_test.go",
	"api/lists_test.go",
	"internal/collections/money_model_test.go",
	"workflows/billing_run_control_test.go",
}

// domain lists the packages of the business rules.
var domain = []string{
	"internal/billing", "internal/catalog", "internal/client", "internal/collections",
	"internal/contract", "internal/dunning", "internal/landing", "internal/ledger",
}

// checkPaths returns the string literals of the domain that contain a URL path of the API.
func checkPaths(files []source) []string {
	var problems []string
	for _, file := range files {
		if file.test || !matches(domain, file.pkg()) {
			continue
		}
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			if _, ok := node.(*ast.ImportSpec); ok {
				return false
			}
			literal, ok := node.(*ast.BasicLit)
			if ok && literal.Kind == token.STRING && hasPath(literal.Value) {
				problems = append(problems, fmt.Sprintf(
					"%s: %s contains a URL path of the API: the CLI and workflows use the business rules too, so let api add the path",
					file.position(literal), literal.Value))
			}
			return true
		})
	}
	return problems
}

func hasPath(literal string) bool {
	return strings.Contains(literal, "/api/") || strings.Contains(literal, "/v1/")
}

// checkLengths returns the files that are too long.
func checkLengths(files []source) []string {
	var problems []string
	for _, file := range files {
		if file.lines > maxLines && !file.generated && !slices.Contains(long, file.path) {
			problems = append(problems, fmt.Sprintf("%s: %d lines, more than %d: a file holds one concept, so split it by concept",
				file.path, file.lines, maxLines))
		}
	}
	return problems
}
