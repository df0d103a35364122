-- +goose Up

CREATE TABLE payments (
    id           uuid PRIMARY KEY,
    invoice_id   uuid NOT NULL,
    client_id    uuid NOT NULL,
    amount       centimes NOT NULL,
    currency     text NOT NULL,
    payment_date date NOT NULL,
    method       text NOT NULL,
    reference    text,
    note         text,
    status       text NOT NULL,
    actor_id     text NOT NULL,
    created_at   timestamptz NOT NULL,

    CONSTRAINT payments_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT payments_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT payments_amount_positive CHECK (amount > 0),
    CONSTRAINT payments_method_valid CHECK (method IN ('cash', 'card', 'bank_transfer', 'wallet', 'other')),
    CONSTRAINT payments_reference_length CHECK (char_length(reference) <= 120),
    CONSTRAINT payments_note_length CHECK (char_length(note) <= 1200),
    CONSTRAINT payments_status_valid CHECK (status IN ('posted', 'reversed'))
);

CREATE INDEX payments_invoice_idx ON payments (invoice_id, created_at DESC, id DESC);
CREATE INDEX payments_client_idx ON payments (client_id, created_at DESC, id DESC);
CREATE INDEX payments_created_idx ON payments (created_at DESC, id DESC);

CREATE TABLE collection_cases (
    id                 uuid PRIMARY KEY,
    invoice_id         uuid NOT NULL,
    client_id          uuid NOT NULL,
    status             text NOT NULL,
    reason             text NOT NULL,
    days_past_due      integer NOT NULL,
    aging_bucket       text NOT NULL,
    outstanding_amount centimes NOT NULL,
    opened_at          timestamptz NOT NULL,
    last_action_at     timestamptz NOT NULL,
    closed_at          timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,

    CONSTRAINT collection_cases_invoice_key UNIQUE (invoice_id),
    CONSTRAINT collection_cases_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT collection_cases_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT collection_cases_status_valid CHECK (status IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT collection_cases_reason_valid CHECK (reason = 'invoice_overdue'),
    CONSTRAINT collection_cases_bucket_of_days CHECK (aging_bucket = CASE
        WHEN days_past_due <= 0 THEN 'current'
        WHEN days_past_due <= 30 THEN '1_30'
        WHEN days_past_due <= 60 THEN '31_60'
        WHEN days_past_due <= 90 THEN '61_90'
        ELSE '90_plus' END),
    CONSTRAINT collection_cases_outstanding_not_negative CHECK (outstanding_amount >= 0),
    CONSTRAINT collection_cases_closed_has_time CHECK ((status IN ('resolved', 'closed')) = (closed_at IS NOT NULL))
);

CREATE INDEX collection_cases_updated_idx ON collection_cases (updated_at DESC, id DESC);
CREATE INDEX collection_cases_client_idx ON collection_cases (client_id, updated_at DESC, id DESC);

CREATE TABLE collection_case_actions (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL,
    action_type text NOT NULL,
    actor_id    text NOT NULL,
    note        text,
    payload     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT collection_case_actions_case_fkey FOREIGN KEY (case_id) REFERENCES collection_cases (id),
    CONSTRAINT collection_case_actions_action_type_valid CHECK (action_type IN (
        'case_opened', 'case_reopened', 'payment_recorded', 'status_updated', 'reminder_sent', 'warning_sent',
        'note', 'case_resolved', 'case_closed')),
    CONSTRAINT collection_case_actions_payload_object CHECK (jsonb_typeof(payload) = 'object')
);

CREATE INDEX collection_case_actions_case_idx ON collection_case_actions (case_id, created_at DESC, id DESC);

-- +goose Down
DROP TABLE collection_case_actions;
DROP TABLE collection_cases;
DROP TABLE payments;
