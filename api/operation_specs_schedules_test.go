package api_test

import (
	"net/http"
	"testing"
)

// scheduleSpecs come last: what a trigger starts writes in its own time.
func scheduleSpecs() []operationSpec {
	const path = "/api/v1/schedules/{schedule_name}/"
	days := object{"from": "2026-10-01", "to": "2026-10-31"}
	command := func(name string, body object) operationSpec {
		ask := func(schedule string) func(testing.TB, *fixture) apiRequest {
			return func(testing.TB, *fixture) apiRequest { return apiRequest{ids: []string{schedule}, body: body} }
		}
		return operationSpec{operation: "POST " + path + name, valid: ask("document-check"), refusals: append(unknownIDRefusals("schedule_not_found", body),
			refusalSpec{status: http.StatusConflict, code: "schedule_off", request: ask("collections-day")})}
	}
	note := object{"note": "By test"}
	return []operationSpec{
		{operation: "GET /api/v1/schedules", valid: withoutParameters},
		command("backfill", days), command("pause", note), command("resume", note), command("trigger", note),
	}
}
