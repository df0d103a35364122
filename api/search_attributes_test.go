package api_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// finds waits until a query of the Temporal UI finds a workflow: Temporal lists what happens a moment later.
func finds(t *testing.T, s *system.System, query, workflowID string) {
	t.Helper()
	var found []string
	require.Eventually(t, func() bool {
		listed, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		require.NoError(t, err, query)
		found = nil
		for _, execution := range listed.GetExecutions() {
			found = append(found, execution.GetExecution().GetWorkflowId())
		}
		return len(found) == 1 && found[0] == workflowID
	}, 30*time.Second, 20*time.Millisecond, "%s finds %v and not %s", query, &found, workflowID)
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.MaxTotal = 1; c.Billing.ChunkClients = 1 })
	offer := newOffer(t, s, mobileOffer())
	made := created(t, s, "/api/v1/landing/submit/new", with(subscriptionOf(offer, "QZ918273"), object{"contract_start_date": "2026-08-01"}),
		system.Key("found-submit"))
	contract, client := text(t, made, "contract", "id"), text(t, made, "client_id")
	finds(t, s, "MtfOperation = 'landing-new' AND MtfContractId = '"+contract+"' AND MtfClientId = '"+client+"'", "landing-new/found-submit")
	provisioned := text(t, provision(t, s, object{"client_id": client, "offer_id": offer, "provisioning_intent": "new_line"},
		system.Key("found-provision")), "contract", "id")
	finds(t, s, "MtfContractId = '"+provisioned+"'", "provision/found-provision")

	august := object{"period_start": "2026-08-01", "period_end": "2026-08-31", "due_days": 1}
	location := beginRun(t, s, august, system.Key("found-run"))
	run := awaitStatus(t, s, location, "planned")
	const id = "billing-run/found-run"
	ofRun := "MtfOperation = 'billing-run' AND MtfPeriod = '2026-08' AND MtfRunId = '" + text(t, run, "id") + "' AND MtfStatus = "
	finds(t, s, ofRun+"'held'", id)
	commandRun(t, s, location, "approve")
	awaitStatus(t, s, location, "completed")
	finds(t, s, ofRun+"'completed'", id)

	finds(t, s, "MtfOperation = 'dunning' AND MtfClientId = '"+client+"' AND MtfStatus = 'active'", "dunning/"+client)
	finds(t, s, "MtfOperation = 'collections-sync' AND MtfPeriod = '2026-11-22'", "collections-sync/2026-11-22")
	finds(t, s, "MtfOperation = 'dunning-enrolment'", "dunning-enrolment/2026-11-22")
	requireIDsAndStates(t, s)
}

// idOrState is what a search attribute may be: an id, a period, or a word of the program.
var idOrState = regexp.MustCompile(`^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d(-\d\d)?|\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d|[a-z]+([-_][a-z]+)*)$`)

// requireIDsAndStates checks the search attributes of all workflows. Temporal stores them unencrypted, so they must not
// contain personal data.
func requireIDsAndStates(t *testing.T, s *system.System) {
	t.Helper()
	listed, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(listed.GetExecutions()), 6)
	for _, execution := range listed.GetExecutions() {
		id, fields := execution.GetExecution().GetWorkflowId(), execution.GetSearchAttributes().GetIndexedFields()
		require.Contains(t, fields, searchattribute.Operation.GetName(), id)
		for _, attribute := range searchattribute.All() {
			payload, set := fields[attribute.GetName()]
			if !set {
				continue
			}
			var value string
			require.NoError(t, converter.GetDefaultDataConverter().FromPayload(payload, &value), id)
			require.Regexp(t, idOrState, value, "%s of %s", attribute.GetName(), id)
		}
		delete(fields, "TemporalChangeVersion")
		for name := range fields {
			require.Regexp(t, "^(Mtf|Build|Temporal)", name, id)
		}
	}
}
