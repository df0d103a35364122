package api_test

import (
	"net/http"
	"testing"
)

// schedulePromises come last: what a trigger starts writes in its own time.
func schedulePromises() []promise {
	const path = "/api/v1/schedules/{schedule_name}/"
	days := object{"from": "2026-10-01", "to": "2026-10-31"}
	command := func(name string, body object) promise {
		ask := func(schedule string) func(testing.TB, *estate) asked {
			return func(testing.TB, *estate) asked { return asked{ids: []string{schedule}, body: body} }
		}
		return promise{operation: "POST " + path + name, valid: ask("document-check"), refuses: append(unknown("schedule_not_found", body),
			refused{status: http.StatusConflict, code: "schedule_off", ask: ask("collections-day")})}
	}
	note := object{"note": "By test"}
	return []promise{
		{operation: "GET /api/v1/schedules", valid: Authenticated},
		command("backfill", days), command("pause", note), command("resume", note), command("trigger", note),
	}
}
