// Package dunning says what is done about clients who do not pay, and does it: which
// step comes next and when, each exactly once, and the messages that it causes.
//
// Dunning is per client and episode. An episode lasts from the moment at which a client
// becomes delinquent until nothing of theirs is overdue any more.
package dunning

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/notify"
)

// The actions of steps. The first two are also the actions that a case's history has.
const (
	ActionReminder = collections.ActionReminderSent
	ActionWarning  = collections.ActionWarningSent
	// ActionSuspend suspends the client's active contracts.
	ActionSuspend = "suspend_contracts"
)

// The channels of steps.
const (
	// ChannelEmail sends the message of a template to the client's e-mail address.
	ChannelEmail = "email"
	// ChannelNone sends nothing: the step is noted on the client's cases alone.
	ChannelNone = "none"
)

const (
	maxSteps       = 20
	maxDaysPastDue = 3650
)

// ErrPolicy is wrapped by all that is wrong with a policy.
var ErrPolicy = errors.New("dunning: not a policy")

// Step is one step of a policy.
type Step struct {
	// Name is the step's identity: a step of a name is taken once in an episode, also
	// when the policy changes meanwhile.
	Name string `json:"name"`
	// DaysPastDue is after how many days the step is due, counted from the due date of the
	// client's oldest overdue invoice.
	DaysPastDue int    `json:"days_past_due"`
	Action      string `json:"action"`
	Channel     string `json:"channel"`
	// Template is that of the message; without one nothing is sent.
	Template string `json:"template,omitempty"`
}

// Policy is a version of what is done about clients who do not pay.
type Policy struct {
	Version int32  `json:"version"`
	Steps   []Step `json:"steps"`
}

var stepName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// ParseSteps reads the steps of a policy from JSON, a list or an object with one as its
// "steps", and checks them. It returns all that is wrong with them, as ErrPolicy.
func ParseSteps(text []byte) ([]Step, error) {
	var file struct {
		Version json.RawMessage `json:"version"` // As shown; a new one is given when it is stored.
		Steps   []Step          `json:"steps"`
	}
	target := any(&file)
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		target = &file.Steps
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows it", ErrPolicy)
	}
	if file.Steps == nil {
		return nil, fmt.Errorf("%w: it has no steps; a policy that does nothing has an empty list", ErrPolicy)
	}
	return file.Steps, Validate(file.Steps)
}

// Validate returns all that is wrong with the steps of a policy, as ErrPolicy. No steps
// at all are a policy that does nothing.
func Validate(steps []Step) error {
	var problems []error
	add := func(i int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%w: step %d: "+format, append([]any{ErrPolicy, i + 1}, args...)...))
	}
	if len(steps) > maxSteps {
		problems = append(problems, fmt.Errorf("%w: more than %d steps", ErrPolicy, maxSteps))
	}
	names := map[string]bool{}
	for i, step := range steps {
		if !stepName.MatchString(step.Name) {
			add(i, "name %q is not 1 to 40 of a-z, 0-9, _ and - that begin with a letter", step.Name)
		}
		if names[step.Name] {
			add(i, "name %q is taken", step.Name)
		}
		names[step.Name] = true
		if step.DaysPastDue < 1 || step.DaysPastDue > maxDaysPastDue {
			add(i, "days_past_due must be 1 to %d", maxDaysPastDue)
		}
		if i > 0 && step.DaysPastDue <= steps[i-1].DaysPastDue {
			add(i, "days_past_due must be above that of the step before")
		}
		if !slices.Contains([]string{ActionReminder, ActionWarning, ActionSuspend}, step.Action) {
			add(i, "action must be %s, %s or %s", ActionReminder, ActionWarning, ActionSuspend)
		}
		switch {
		case step.Channel == ChannelEmail && !slices.Contains(notify.Templates(), step.Template):
			add(i, "template must be one of %v", notify.Templates())
		case step.Channel == ChannelNone && step.Template != "":
			add(i, "nothing is sent by channel %s, so there must be no template", ChannelNone)
		case step.Channel != ChannelEmail && step.Channel != ChannelNone:
			add(i, "channel must be %s or %s", ChannelEmail, ChannelNone)
		}
	}
	return errors.Join(problems...)
}

// CurrentPolicy returns the latest version.
func CurrentPolicy(ctx context.Context, tx dbsqlc.DBTX) (Policy, error) {
	row, err := dbsqlc.New().DunningPolicyGet(ctx, tx)
	if err != nil {
		return Policy{}, fmt.Errorf("dunning: read policy: %w", err)
	}
	return readPolicy(row)
}

// SetPolicy stores a new version, which counts from now on, and has every live workflow
// look at it at the next enrolment. Steps that are those of the current version make no
// new one. It returns ErrPolicy for steps that Validate refuses.
func SetPolicy(ctx context.Context, pool *pgxpool.Pool, steps []Step, now time.Time) (policy Policy, err error) {
	if err := Validate(steps); err != nil {
		return Policy{}, err
	}
	encoded, err := json.Marshal(steps)
	if err != nil {
		return Policy{}, fmt.Errorf("dunning: encode policy: %w", err)
	}
	err = db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		if policy, err = CurrentPolicy(ctx, tx); err != nil || slices.Equal(policy.Steps, steps) {
			return err
		}
		row, err := dbsqlc.New().DunningPolicyInsert(ctx, tx, dbsqlc.DunningPolicyInsertParams{Version: policy.Version + 1, Steps: encoded, Now: now})
		if err != nil {
			return fmt.Errorf("dunning: insert policy: %w", err)
		}
		if policy, err = readPolicy(row); err != nil {
			return err
		}
		if err := dbsqlc.New().DunningEpisodeWakeAll(ctx, tx, now); err != nil {
			return fmt.Errorf("dunning: wake all: %w", err)
		}
		return nil
	})
	return policy, err
}

func readPolicy(row dbsqlc.DunningPolicy) (Policy, error) {
	policy := Policy{Version: row.Version, Steps: []Step{}}
	if err := json.Unmarshal(row.Steps, &policy.Steps); err != nil {
		return Policy{}, fmt.Errorf("dunning: policy %d: %w", row.Version, err)
	}
	return policy, nil
}
