-- +goose Up

CREATE TABLE landing_drafts (
    id         uuid PRIMARY KEY,
    flow_type  text NOT NULL,
    step       text NOT NULL,
    cin        text,
    payload    jsonb NOT NULL,
    status     text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT landing_drafts_flow_type_valid CHECK (flow_type IN (
        'subscribe_new_service', 'upgrade_or_downgrade_existing_service', 'check_billing_and_download_invoices')),
    CONSTRAINT landing_drafts_step_length CHECK (char_length(step) BETWEEN 2 AND 64),
    CONSTRAINT landing_drafts_payload_object CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT landing_drafts_status_valid CHECK (status IN ('in_progress', 'submitted', 'cancelled'))
);

-- +goose Down
DROP TABLE landing_drafts;
