package main

import "strings"

// exemption allows a phrase in one text.
type exemption struct {
	path, within, match string
	why                 string
}

// exemptions are the texts that must keep a phrase, such as quotations.
var exemptions = []exemption{}

// exempt reports whether a match in a text is allowed.
func exempt(path, text, match string) bool {
	for _, e := range exemptions {
		if e.path == path && strings.Contains(text, e.within) && strings.EqualFold(e.match, strings.Join(strings.Fields(match), " ")) {
			return true
		}
	}
	return false
}
