package refusal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestCodes_HaveMessages(t *testing.T) {
	t.Parallel()
	declared := declaredCodes(t)
	require.NotEmpty(t, declared)
	codes := refusal.Codes()
	for name, code := range declared {
		assert.Regexp(t, `^[a-z]+(_[a-z]+)*$`, string(code), name)
		assert.NotEmpty(t, codes[code], "%s has no message", name)
		assert.Equal(t, codes[code], refusal.New(code).Message, name)
	}
	assert.Len(t, codes, len(declared), "every message belongs to one declared code")
}

func TestCodes_HaveDistinctMessages(t *testing.T) {
	t.Parallel()
	seen := map[string]refusal.Code{}
	for code, message := range refusal.Codes() {
		other, taken := seen[message]
		assert.False(t, taken, "%s and %s both say %q", other, code, message)
		seen[message] = code
	}
}

// declaredCodes reads the constants of type Code from the source, by name.
func declaredCodes(t *testing.T) map[string]refusal.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	require.NoError(t, err)
	codes := map[string]refusal.Code{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return false
		}
		for i, name := range spec.Names {
			value, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			require.NoError(t, err, name.Name)
			codes[name.Name] = refusal.Code(value)
		}
		return false
	})
	return codes
}
