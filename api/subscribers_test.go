package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	subscribersPath  = "/api/v1/subscribers"
	subscriberFields = "id, client_id, service_type, service_identifier, status, created_at, updated_at"
)

func subscribersOf(clientID string) string { return customersPath + "/" + clientID + "/subscribers" }

// newSubscriber gives a client a mobile line and returns its id.
func newSubscriber(t testing.TB, s *system.System, clientID string, changes ...object) string {
	t.Helper()
	body := object{"service_type": "mobile", "service_identifier": newMobileNumber()}
	for _, change := range changes {
		body = with(body, change)
	}
	return text(t, created(t, s, subscribersOf(clientID), body), "id")
}

func TestSubscribers(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"SubscriberIsMadeWithATrimmedIdentifier", subscriberIsMadeWithATrimmedIdentifier},
		{"SubscriberOfEveryTypeAndStatus", subscriberOfEveryTypeAndStatus},
		{"SubscriberBodiesAreChecked", subscriberBodiesAreChecked},
		{"ServiceIdentifierIsUniqueOverAllClients", serviceIdentifierIsUniqueOverAllClients},
		{"OneOfManyEqualIdentifiersAtOnceIsTaken", oneOfManyEqualIdentifiersAtOnceIsTaken},
		{"SubscribersAreListedNewestFirst", subscribersAreListedNewestFirst},
		{"SubscriberStatusChanges", subscriberStatusChanges},
		{"SubscriberUpdateRefusesOtherValues", subscriberUpdateRefusesOtherValues},
		{"UnknownOwnersAndSubscribersAreNotFound", unknownOwnersAndSubscribersAreNotFound},
		{"SubscribersGoWithTheirClient", subscribersGoWithTheirClient},
	})
}

func subscriberIsMadeWithATrimmedIdentifier(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	number := newMobileNumber()
	made := created(t, s, subscribersOf(client), object{"service_type": "mobile", "service_identifier": "  " + number + " "})
	require.Equal(t, fieldsOf(subscriberFields), names(made))
	require.Subset(t, made, object{"client_id": client, "service_type": "mobile", "service_identifier": number, "status": "active"})
	require.Regexp(t, timestampPattern, made["created_at"])
	require.Equal(t, made["created_at"], made["updated_at"])
	var read object
	s.Get(t, subscribersPath+"/"+text(t, made, "id"), &read)
	require.Equal(t, made, read)
}

func subscriberOfEveryTypeAndStatus(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	for _, serviceType := range []string{"mobile", "fiber", "adsl", "tv", "addon", "landline"} {
		for _, status := range []string{"active", "suspended", "terminated"} {
			body := object{"service_type": serviceType, "service_identifier": newMobileNumber(), "status": status}
			require.Subset(t, created(t, s, subscribersOf(client), body), body)
		}
	}
}

func subscriberBodiesAreChecked(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	valid := object{"service_type": "mobile", "service_identifier": newMobileNumber()}
	for _, test := range []struct {
		name    string
		changes object
		at      string
	}{
		{"no type", object{"service_type": absent{}}, "service_type"},
		{"another type", object{"service_type": "internet"}, "service_type"},
		{"null type", object{"service_type": nil}, "service_type"},
		{"no identifier", object{"service_identifier": absent{}}, "service_identifier"},
		{"null identifier", object{"service_identifier": nil}, "service_identifier"},
		{"short identifier", object{"service_identifier": "ab"}, "service_identifier"},
		{"short identifier in spaces", object{"service_identifier": "  ab  "}, "service_identifier"},
		{"long identifier", object{"service_identifier": strings.Repeat("1", 101)}, "service_identifier"},
		{"identifier is a number", object{"service_identifier": 212600000001}, "service_identifier"},
		{"another status", object{"status": "draft"}, "status"},
	} {
		t.Run(test.name, func(t *testing.T) {
			problemAt(t, writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, subscribersOf(client), with(valid, test.changes))
			}), "body", test.at)
		})
	}
}

func serviceIdentifierIsUniqueOverAllClients(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	other, _ := newClient(t, s)
	number := newMobileNumber()
	newSubscriber(t, s, client, object{"service_identifier": number})
	for _, owner := range []string{client, other} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, subscribersOf(owner), object{"service_type": "tv", "service_identifier": " " + number})
		}).Refused(t, http.StatusConflict, "subscriber_identifier_conflict")
	}
}

func oneOfManyEqualIdentifiersAtOnceIsTaken(t *testing.T, s *system.System) {
	clients := make([]string, concurrentCallers)
	for i := range clients {
		clients[i], _ = newClient(t, s)
	}
	body, accepted := object{"service_type": "mobile", "service_identifier": newMobileNumber()}, 0
	for _, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, subscribersOf(clients[i]), body)
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		answer.Refused(t, http.StatusConflict, "subscriber_identifier_conflict")
	}
	require.Equal(t, 1, accepted)
}

func subscribersAreListedNewestFirst(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	other, _ := newClient(t, s)
	newSubscriber(t, s, other)
	var empty object
	s.Get(t, subscribersOf(client), &empty)
	require.Equal(t, object{"data": []any{}, "meta": object{"page": 1.0, "size": 20.0, "total": 0.0, "sort": nil, "filters": nil, "next_cursor": nil}}, empty)

	first, second, third := newSubscriber(t, s, client), newSubscriber(t, s, client), newSubscriber(t, s, client)
	var seen []string
	for _, query := range []string{"?size=2", "?size=2&page=2&sort=x&filters=y"} {
		var page object
		s.Get(t, subscribersOf(client)+query, &page)
		require.Equal(t, 3.0, at(t, page, "meta", "total"))
		for _, subscriber := range page["data"].([]any) {
			seen = append(seen, text(t, subscriber, "id"))
		}
	}
	require.Equal(t, []string{third, second, first}, seen)
	problemAt(t, s.Call(t, http.MethodGet, subscribersOf(client)+"?size=101", nil), "query", "size")
}

func subscriberStatusChanges(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	id := newSubscriber(t, s, client)
	var before, read object
	s.Get(t, subscribersPath+"/"+id, &before)
	for _, status := range []string{"suspended", "terminated", "active"} {
		updated := decoded(t, s.Call(t, http.MethodPut, subscribersPath+"/"+id, object{"status": status}), http.StatusOK)
		require.Equal(t, with(before, object{"status": status, "updated_at": updated["updated_at"]}), updated)
		require.Greater(t, updated["updated_at"], before["updated_at"])
		s.Get(t, subscribersPath+"/"+id, &read)
		require.Equal(t, updated, read)
	}
	same := decoded(t, s.Call(t, http.MethodPut, subscribersPath+"/"+id, object{"service_type": "tv", "client_id": unknownID}), http.StatusOK)
	require.Equal(t, with(before, object{"updated_at": same["updated_at"]}), same, "only the status can change")
}

func subscriberUpdateRefusesOtherValues(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	path := subscribersPath + "/" + newSubscriber(t, s, client)
	var before, after object
	s.Get(t, path, &before)
	for _, status := range []any{nil, "draft", "", 1, []string{"active"}} {
		problemAt(t, s.Call(t, http.MethodPut, path, object{"status": status}), "body", "status")
	}
	s.Get(t, path, &after)
	require.Equal(t, before, after)
}

func unknownOwnersAndSubscribersAreNotFound(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	taken := newMobileNumber()
	newSubscriber(t, s, client, object{"service_identifier": taken})
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000"} {
		for _, number := range []string{newMobileNumber(), taken} {
			writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, subscribersOf(id), object{"service_type": "mobile", "service_identifier": number})
			}).Refused(t, http.StatusNotFound, "client_not_found")
		}
		s.Call(t, http.MethodGet, subscribersOf(id), nil).Refused(t, http.StatusNotFound, "client_not_found")
		s.Call(t, http.MethodGet, subscribersPath+"/"+id, nil).Refused(t, http.StatusNotFound, "subscriber_not_found")
		s.Call(t, http.MethodPut, subscribersPath+"/"+id, object{"status": "active"}).Refused(t, http.StatusNotFound, "subscriber_not_found")
	}
}

func subscribersGoWithTheirClient(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	id := newSubscriber(t, s, client)
	require.Equal(t, http.StatusNoContent, s.Call(t, http.MethodDelete, customersPath+"/"+client, nil).Status)
	s.Call(t, http.MethodGet, subscribersPath+"/"+id, nil).Refused(t, http.StatusNotFound, "subscriber_not_found")
}
