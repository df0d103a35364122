package rest

import "github.com/danielgtaylor/huma/v2"

// ExportDescription is the part of the description that all exports share.
func ExportDescription(what string) string {
	return "Exports all " + what + " that match the filters, in the order of the list, from one snapshot. The header row carries the " +
		"JSON names; one record follows for each row. A text that a spreadsheet would read as a formula is prefixed with an apostrophe. " +
		"If an export fails halfway, the connection is cut and the body stays incomplete. The number of concurrent exports is " +
		"limited; beyond it the answer is 503 `overloaded`."
}

// documentExport describes the CSV answer of an export.
func documentExport(success *huma.Response) {
	success.Headers = headerRefs(headerRequestID, "Content-Disposition")
	success.Content = map[string]*huma.MediaType{mediaCSV: {Schema: &huma.Schema{
		Type: huma.TypeString, Description: "RFC 4180 records in UTF-8, with a header row.",
	}}}
}
