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
	"github.com/mtfacturation/mtf/internal/notify"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// Action is what a step does. The first two are also actions in the history of a case.
type Action = vocabulary.StepAction

// The actions of steps.
const (
	ActionReminder = vocabulary.StepReminder
	ActionWarning  = vocabulary.StepWarning
	// ActionSuspend suspends the client's active contracts.
	ActionSuspend = vocabulary.StepSuspend
)

// Channel is the way by which a step sends its message.
type Channel = vocabulary.Channel

// The channels of steps.
const (
	// ChannelEmail sends the message of a template to the client's e-mail address.
	ChannelEmail = vocabulary.ChannelEmail
	// ChannelNone sends nothing: the step is only recorded on the client's cases.
	ChannelNone = vocabulary.ChannelNone
)

const (
	maxSteps       = 20
	maxDaysPastDue = 3650
)

// ErrPolicy is wrapped by every error about the content of a policy.
var ErrPolicy = errors.New("dunning: invalid policy")

// Step is one step of a policy.
type Step struct {
	// Name is the step's identity: an episode executes a step of this name once, even when the policy
	// changes in the meantime.
	Name string `json:"name"`
	// DaysPastDue is the number of days after the due date of the client's oldest overdue invoice on
	// which the step is due.
	DaysPastDue int     `json:"days_past_due"`
	Action      Action  `json:"action"`
	Channel     Channel `json:"channel"`
	// Template names the template of the message; empty for ChannelNone.
	Template string `json:"template,omitempty"`
}

// Policy is a version of the list of steps, in the order of their days.
type Policy struct {
	Version int32  `json:"version"`
	Steps   []Step `json:"steps"`
}

var stepName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// ParseSteps reads the steps of a policy from JSON, either a list or an object with the list as its
// "steps", and validates them. Its errors are ErrPolicy.
func ParseSteps(text []byte) ([]Step, error) {
	var file struct {
		Version json.RawMessage `json:"version"` // Ignored: SetPolicy assigns the next version.
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
		return nil, fmt.Errorf("%w: unexpected data after the policy", ErrPolicy)
	}
	if file.Steps == nil {
		return nil, fmt.Errorf("%w: steps is missing; a policy without steps has an empty list", ErrPolicy)
	}
	return file.Steps, Validate(file.Steps)
}

// Validate returns every problem of the steps of a policy, each as ErrPolicy. An empty list is valid.
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
			add(i, "name %q must be 1 to 40 characters of a-z, 0-9, _ and -, and start with a letter", step.Name)
		}
		if names[step.Name] {
			add(i, "name %q is used by an earlier step", step.Name)
		}
		names[step.Name] = true
		if step.DaysPastDue < 1 || step.DaysPastDue > maxDaysPastDue {
			add(i, "days_past_due must be 1 to %d", maxDaysPastDue)
		}
		if i > 0 && step.DaysPastDue <= steps[i-1].DaysPastDue {
			add(i, "days_past_due must be greater than that of the previous step")
		}
		if !slices.Contains([]Action{ActionReminder, ActionWarning, ActionSuspend}, step.Action) {
			add(i, "action must be %s, %s or %s", ActionReminder, ActionWarning, ActionSuspend)
		}
		switch {
		case step.Channel == ChannelEmail && !slices.Contains(notify.Templates(), step.Template):
			add(i, "template must be one of %v", notify.Templates())
		case step.Channel == ChannelNone && step.Template != "":
			add(i, "channel %s sends no message, so template must be empty", ChannelNone)
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

// SetPolicy stores a new version, which applies from now on, and makes the next enrolment wake every
// live workflow. Steps equal to those of the current version store nothing. It returns ErrPolicy for
// steps that Validate refuses.
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
