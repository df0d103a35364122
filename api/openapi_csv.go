package api

import "github.com/danielgtaylor/huma/v2"

// exportDescription is what all exports have in common.
func exportDescription(what string) string {
	return "All " + what + " that the filters of the list match, in its order, as they are at one moment: a header with the names " +
		"of the JSON, then a record for each. `Accept: text/csv` on the list gives the same. A text that a spreadsheet would take for a " +
		"formula has an apostrophe before it. An export that fails on its way does not end: the connection is cut. Few are " +
		"sent at once; past that the answer is 503 `overloaded`."
}

// documentCSV describes the answer as a table, beside JSON where there is that.
func documentCSV(success *huma.Response, op operation) {
	if op.exports != "" {
		success.Headers = headerRefs(headerRequestID, "Content-Disposition")
		success.Content = map[string]*huma.MediaType{}
	}
	success.Content[mediaCSV] = &huma.MediaType{Schema: &huma.Schema{
		Type: huma.TypeString, Description: "Records of RFC 4180 in UTF-8, with a header. On a list, what `Accept: text/csv` gets: all rows, whatever the page.",
	}}
}
