package main

import (
	"slices"
	"strings"
)

// exemption allows a phrase in one text.
type exemption struct {
	path, within, match string
	why                 string
}

// exemptions are the texts that must keep a phrase, such as quotations.
var exemptions = []exemption{
	{path: "cmd/dev/postgres/account.go", within: "user", match: "nobody", why: "the name of a user of the system"},
}

// allows reports whether a phrase is allowed in a text of a file.
func (e exemption) allows(path, text, match string) bool {
	return e.path == path && strings.Contains(text, e.within) && strings.EqualFold(e.match, strings.Join(strings.Fields(match), " "))
}

// exempt reports whether an exemption allows a phrase.
func exempt(path, text, match string) bool {
	return slices.ContainsFunc(exemptions, func(e exemption) bool { return e.allows(path, text, match) })
}
