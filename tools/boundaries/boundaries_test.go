package main

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// planted loads a repository with the given files.
func planted(t *testing.T, contents map[string]string) []source {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range contents {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	files, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// importing returns a file that imports one package of the repository.
func importing(target string) string {
	return "package planted\n\nimport _ \"" + module + target + "\"\n"
}

// checkProblem fails unless exactly one problem exists and contains want. If
// want is empty, it fails if any problem exists.
func checkProblem(t *testing.T, problems []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(problems) == 0:
	case want != "" && len(problems) == 1 && strings.Contains(problems[0], want):
	default:
		t.Errorf("problems %q, want one with %q", problems, want)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()

	const (
		knowsNoCaller = "only internal/app puts the program together"
		noResource    = "api/rest does not depend on any resource"
		otherDoor     = "a door imports no other door"
		noStarter     = "does not know who starts it"
		anyCaller     = "HTTP is only one of them"
		aStep         = "which workflow runs it"
		noRule        = "does not depend on business rules"
		ofTests       = "stays out of the program"
	)
	cases := []struct{ file, target, want string }{
		{"internal/billing/run.go", "api/rest", knowsNoCaller},
		{"internal/billing/run.go", "workflows", knowsNoCaller},
		{"internal/temporal/schedule/spec.go", "workflows/starter", knowsNoCaller},
		{"internal/billing/run.go", "activities", knowsNoCaller},
		{"internal/application/run.go", "activities", knowsNoCaller},
		{"internal/app/serve.go", "activities", ""},
		{"internal/test/system/system.go", "workflows", ""},
		{"internal/telemetry/metrics_test.go", "workflows", ""},
		{"internal/billing/run.go", "internal/ledger", ""},

		{"api/rest/list.go", "api/operators", noResource},
		{"api/rest/list.go", "api", noResource},
		{"api/rest/list_test.go", "api/epilot", noResource},
		{"api/rest/list.go", "internal/refusal", ""},
		{"api/operators/payments.go", "api/landing", otherDoor},
		{"api/landing/submit.go", "api/operators", otherDoor},
		{"api/epilot/events.go", "api/contractdocs", otherDoor},
		{"api/contractdocs/documents_test.go", "api/epilot", otherDoor},
		{"api/operators/payments.go", "api/rest", ""},
		{"api/landing/submit.go", "api", otherDoor},
		{"api/landing/submit_test.go", "api/landing", ""},
		{"api/server.go", "api/operators", ""},

		{"workflows/dunning.go", "workflows/starter", noStarter},
		{"workflows/dunning.go", "api", noStarter},
		{"workflows/dunning.go", "activities", ""},
		{"workflows/starter/billing.go", "api/rest", anyCaller},
		{"workflows/starter/billing.go", "workflows", ""},
		{"activities/billing.go", "workflows", aStep},
		{"activities/billing_test.go", "workflows", aStep},
		{"activities/billing.go", "api/rest", aStep},
		{"db/transaction.go", "internal/billing", noRule},
		{"db/dbsqlc/models.go", "internal/money", ""},

		{"internal/billing/run.go", "internal/test/servers", ofTests},
		{"cmd/dev/main.go", "internal/test/system", ofTests},
		{"internal/billing/run_test.go", "internal/test/servers", ""},
		{"internal/test/system/system.go", "internal/test/servers", ""},
	}
	fired := map[string]bool{}
	for _, c := range cases {
		t.Run(c.file+" imports "+c.target, func(t *testing.T) {
			problems := checkImports(planted(t, map[string]string{c.file: importing(c.target)}))
			checkProblem(t, problems, c.want)
			for _, rule := range rules {
				if len(problems) == 1 && strings.HasSuffix(problems[0], rule.why) {
					fired[rule.why] = true
				}
			}
		})
	}
	for _, rule := range rules {
		if !fired[rule.why] {
			t.Errorf("no case breaks the rule: %s", rule.why)
		}
	}
}

func TestImports_NamesThePlace(t *testing.T) {
	t.Parallel()

	problems := checkImports(planted(t, map[string]string{"activities/billing.go": importing("workflows")}))
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "activities/billing.go:3: activities imports workflows: ") {
		t.Errorf("problems %q", problems)
	}
}

func TestRules_PackageMoved(t *testing.T) {
	t.Parallel()

	all := map[string]string{}
	for _, rule := range rules {
		for _, pattern := range slices.Concat(rule.from, rule.except, rule.to, rule.allowed) {
			all[strings.TrimSuffix(pattern, "/...")+"/planted.go"] = "package planted\n"
		}
	}
	checkProblem(t, checkRules(planted(t, all)), "")

	delete(all, "internal/app/planted.go")
	checkProblem(t, checkRules(planted(t, all)), "no package matches internal/app")
}

func TestPaths(t *testing.T) {
	t.Parallel()

	refusing := "package planted\n\nvar text = \"Send POST /api/v1/payments.\"\n"
	cases := []struct{ file, content, want string }{
		{"internal/ledger/event.go", refusing, "internal/ledger/event.go:3: \"Send POST /api/v1/payments.\""},
		{"internal/ledger/event.go", "package planted\n\nvar text = `/v1/billing`\n", "/v1/billing"},
		{"internal/ledger/event.go", "package planted\n\n// See /api/v1/payments.\nimport _ \"example.com/v1/x\"\n", ""},
		{"internal/ledger/event_test.go", refusing, ""},
		{"internal/apiclient/client.go", refusing, ""},
		{"api/epilot/events.go", refusing, ""},
	}
	for _, c := range cases {
		checkProblem(t, checkPaths(planted(t, map[string]string{c.file: c.content})), c.want)
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()

	long := "package planted\n" + strings.Repeat("\n", maxLines)
	generated := "// Code generated by sqlc. DO NOT EDIT.\n\n" + long
	cases := []struct{ file, content, want string }{
		{"internal/billing/run.go", long, "internal/billing/run.go: 401 lines"},
		{"cmd/dev/stack_test.go", long, "cmd/dev/stack_test.go: 401 lines"},
		{"internal/billing/run.go", long[:len(long)-1], ""},
		{"db/dbsqlc/models.go", generated, ""},
		{"bin/mtf/main.go", long, ""},
		{".cache/main.go", long, ""},
		{"internal/billing/testdata/main.go", long, ""},
	}
	for _, c := range cases {
		checkProblem(t, checkLengths(planted(t, map[string]string{c.file: c.content})), c.want)
	}
}
