-- +goose Up

-- The steps to take against a delinquent client, and the days past due of each. A version never changes, since the
-- steps that were taken refer to it; the latest version is in force.
CREATE TABLE dunning_policies (
    version    integer PRIMARY KEY,
    steps      jsonb NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT dunning_policies_version_positive CHECK (version >= 1),
    CONSTRAINT dunning_policies_steps_array CHECK (jsonb_typeof(steps) = 'array')
);

INSERT INTO dunning_policies (version, steps, created_at) VALUES (1, '[
    {"name": "reminder", "days_past_due": 7, "action": "reminder_sent", "channel": "email", "template": "reminder"},
    {"name": "warning", "days_past_due": 21, "action": "warning_sent", "channel": "email", "template": "warning"}
]', '2026-01-01T00:00:00Z');

CREATE TRIGGER dunning_policies_immutable
    BEFORE UPDATE OR DELETE ON dunning_policies
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

-- One delinquency of a client, from its start to its end. Each step is taken once per episode.
CREATE TABLE dunning_episodes (
    id         uuid PRIMARY KEY,
    client_id  uuid NOT NULL,
    -- The client's delinquent_since.
    since      timestamptz NOT NULL,
    ended_at   timestamptz,
    -- When the client's workflow will have acted at the latest. Past that time the workflow is lost or needs a signal,
    -- and the next enrolment wakes or starts it.
    wake_at    timestamptz NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT dunning_episodes_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT dunning_episodes_client_since_key UNIQUE (client_id, since)
);

CREATE UNIQUE INDEX dunning_episodes_one_live_key ON dunning_episodes (client_id) WHERE ended_at IS NULL;
CREATE INDEX dunning_episodes_wake_idx ON dunning_episodes (wake_at, id) WHERE ended_at IS NULL;

-- Messages to clients. The transaction that causes a message inserts it, and it is delivered afterwards. The name and
-- the address are read at delivery and not stored here.
CREATE TABLE notifications (
    id              uuid PRIMARY KEY,
    client_id       uuid NOT NULL,
    channel         text NOT NULL,
    template        text NOT NULL,
    language        text NOT NULL,
    -- The values of the template: days, amounts, invoice numbers.
    facts           jsonb NOT NULL,
    status          text NOT NULL,
    -- Why the message was not sent, or not yet.
    reason          text,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    sent_at         timestamptz,
    -- The cause of the message; a cause has one message.
    dedup_key       text NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,

    CONSTRAINT notifications_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT notifications_dedup_key_key UNIQUE (dedup_key),
    CONSTRAINT notifications_channel_valid CHECK (channel = 'email'),
    CONSTRAINT notifications_status_valid CHECK (status IN ('pending', 'sent', 'failed', 'skipped')),
    CONSTRAINT notifications_facts_object CHECK (jsonb_typeof(facts) = 'object'),
    CONSTRAINT notifications_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT notifications_pending_has_next_attempt CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT notifications_sent_has_time CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT notifications_unsent_has_reason CHECK (status NOT IN ('failed', 'skipped') OR reason IS NOT NULL)
);

CREATE TABLE dunning_steps (
    id              uuid PRIMARY KEY,
    episode_id      uuid NOT NULL,
    policy_version  integer NOT NULL,
    step            text NOT NULL,
    -- The days past due in the policy; the client's own may be more when the step is taken.
    days_past_due   integer NOT NULL,
    action          text NOT NULL,
    notification_id uuid,
    done_at         timestamptz NOT NULL,

    CONSTRAINT dunning_steps_episode_fkey FOREIGN KEY (episode_id) REFERENCES dunning_episodes (id),
    CONSTRAINT dunning_steps_policy_fkey FOREIGN KEY (policy_version) REFERENCES dunning_policies (version),
    CONSTRAINT dunning_steps_notification_fkey FOREIGN KEY (notification_id) REFERENCES notifications (id),
    CONSTRAINT dunning_steps_once_in_episode_key UNIQUE (episode_id, step),
    CONSTRAINT dunning_steps_action_valid CHECK (action IN ('reminder_sent', 'warning_sent', 'suspend_contracts'))
);

-- +goose Down
DROP TABLE dunning_steps;
DROP TABLE notifications;
DROP TABLE dunning_episodes;
DROP TABLE dunning_policies;
