package dunning_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestAPolicyIsReadFromAListOrAnObject(t *testing.T) {
	t.Parallel()
	list, err := json.Marshal(ladder.Steps)
	require.NoError(t, err)
	object, err := json.Marshal(ladder)
	require.NoError(t, err)
	for _, text := range [][]byte{list, object} {
		steps, err := dunning.ParseSteps(text)
		require.NoError(t, err)
		require.Equal(t, ladder.Steps, steps)
	}
	none, err := dunning.ParseSteps([]byte("[]"))
	require.NoError(t, err, "a policy may do nothing")
	require.Empty(t, none)
}

func TestAPolicyIsRefusedWithAllThatIsWrong(t *testing.T) {
	t.Parallel()
	const step = `{"name": "a", "days_past_due": 7, "action": "reminder_sent", "channel": "email", "template": "reminder"}`
	for text, want := range map[string]string{
		``:                                      "EOF",
		`null`:                                  "steps is missing",
		`{}`:                                    "steps is missing",
		`{"steps": null}`:                       "steps is missing",
		`[` + step + `] []`:                     "unexpected data",
		`{"steps": [], "other": 1}`:             "unknown field",
		`[{"name": "a", "days": 7}]`:            "unknown field",
		`[{"name": "a", "days_past_due": 7.5}]`: "days_past_due",
		`[` + step + `,` + step + `]`:           "step 2: name \"a\" is used by an earlier step",
		`[{"name": "A", "days_past_due": 7, "action": "reminder_sent", "channel": "none"}]`:                            "step 1: name",
		`[{"name": "a", "days_past_due": 0, "action": "reminder_sent", "channel": "none"}]`:                            "days_past_due must be 1 to 3650",
		`[{"name": "a", "days_past_due": 3651, "action": "reminder_sent", "channel": "none"}]`:                         "days_past_due must be 1 to 3650",
		`[{"name": "a", "days_past_due": 7, "action": "case_closed", "channel": "none"}]`:                              "action must be",
		`[{"name": "a", "days_past_due": 7, "action": "warning_sent", "channel": "sms"}]`:                              "channel must be email or none",
		`[{"name": "a", "days_past_due": 7, "action": "warning_sent", "channel": "email"}]`:                            "template must be one of",
		`[{"name": "a", "days_past_due": 7, "action": "warning_sent", "channel": "email", "template": "../reminder"}]`: "template must be one of",
		`[{"name": "a", "days_past_due": 7, "action": "warning_sent", "channel": "none", "template": "warning"}]`:      "template must be empty",
		`[` + step + `, {"name": "b", "days_past_due": 7, "action": "suspend_contracts", "channel": "none"}]`:          "greater than that of the previous step",
		`[{"name": "", "days_past_due": 9, "action": "", "channel": ""}]`:                                              "action must be",
	} {
		_, err := dunning.ParseSteps([]byte(text))
		assert.ErrorIs(t, err, dunning.ErrPolicy, text)
		assert.ErrorContains(t, err, want, text)
	}
	require.ErrorContains(t, dunning.Validate(make([]dunning.Step, 21)), "more than 20")
}

func TestPoliciesAreVersionedAndNeverChanged(t *testing.T) {
	t.Parallel()
	pool, now := servers.Database(t), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	first, err := dunning.CurrentPolicy(t.Context(), pool)
	require.NoError(t, err)
	require.Equal(t, dunning.Policy{Version: 1, Steps: ladder.Steps[:2]}, first, "a reminder after 7 days, a warning after 21, and nothing beyond")

	second, err := dunning.SetPolicy(t.Context(), pool, ladder.Steps, now)
	require.NoError(t, err)
	require.Equal(t, dunning.Policy{Version: 2, Steps: ladder.Steps}, second)
	same, err := dunning.SetPolicy(t.Context(), pool, ladder.Steps, now)
	require.NoError(t, err)
	require.Equal(t, second, same, "the same steps are no new version")
	_, err = dunning.SetPolicy(t.Context(), pool, []dunning.Step{{}}, now)
	require.ErrorIs(t, err, dunning.ErrPolicy)

	for _, statement := range []string{`UPDATE dunning_policies SET steps = '[]' WHERE version = 1`, `DELETE FROM dunning_policies`} {
		_, err := pool.Exec(t.Context(), statement)
		require.Error(t, err, statement)
	}
	// Several at once each get a version of their own.
	var done sync.WaitGroup
	versions := make([]int32, 8)
	for i := range versions {
		done.Go(func() {
			steps := slices.Clone(ladder.Steps)
			steps[0].DaysPastDue = i + 1
			if policy, err := dunning.SetPolicy(t.Context(), pool, steps, now); err == nil {
				versions[i] = policy.Version
			}
		})
	}
	done.Wait()
	slices.Sort(versions)
	require.Positive(t, versions[0], "none failed")
	require.Len(t, slices.Compact(versions), 8)
	current, err := dbsqlc.New().DunningPolicyGet(t.Context(), pool)
	require.NoError(t, err)
	require.Equal(t, versions[7], current.Version)
}
