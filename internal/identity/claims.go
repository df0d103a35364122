package identity

import "strings"

// textsIn reads the roles or the organisations of a token: a list of texts, or one text that separates
// them by spaces or commas. A claim that is missing or of another shape gives none.
func textsIn(claims map[string]any, path string) []string {
	texts := []string{}
	switch value := claimAt(claims, path).(type) {
	case string:
		texts = append(texts, strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' })...)
	case []any:
		for _, element := range value {
			if text, ok := element.(string); ok && text != "" {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// claimAt follows a path such as realm_access.roles. A claim whose own name holds
// dots, as those named by a URL do, is found first.
func claimAt(claims map[string]any, path string) any {
	if value, found := claims[path]; found {
		return value
	}
	head, rest, nested := strings.Cut(path, ".")
	if inner, ok := claims[head].(map[string]any); ok && nested {
		return claimAt(inner, rest)
	}
	return nil
}
