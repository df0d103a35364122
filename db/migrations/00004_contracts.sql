-- +goose Up

CREATE TABLE contracts (
    id                uuid PRIMARY KEY,
    client_id         uuid NOT NULL,
    subscriber_id     uuid NOT NULL,
    offer_id          uuid NOT NULL,
    status            text NOT NULL,
    start_date        date NOT NULL,
    end_date          date,
    commitment_months integer,
    activated_at      timestamptz,
    terminated_at     timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,

    CONSTRAINT contracts_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT contracts_subscriber_of_client_fkey
        FOREIGN KEY (client_id, subscriber_id) REFERENCES subscribers (client_id, id),
    CONSTRAINT contracts_offer_fkey FOREIGN KEY (offer_id) REFERENCES offers (id),
    CONSTRAINT contracts_status_valid CHECK (status IN ('draft', 'active', 'suspended', 'terminated')),
    CONSTRAINT contracts_dates_ordered CHECK (end_date >= start_date),
    CONSTRAINT contracts_commitment_range CHECK (commitment_months BETWEEN 1 AND 60),
    CONSTRAINT contracts_active_was_activated CHECK (status <> 'active' OR activated_at IS NOT NULL),
    CONSTRAINT contracts_terminated_has_end
        CHECK ((status = 'terminated') = (terminated_at IS NOT NULL))
);

-- A subscriber has at most one open contract.
CREATE UNIQUE INDEX contracts_one_open_per_subscriber_key ON contracts (subscriber_id)
    WHERE status IN ('draft', 'active', 'suspended');
-- A billing run reads a range of clients in this order.
CREATE INDEX contracts_client_idx ON contracts (client_id, id);
CREATE INDEX contracts_offer_idx ON contracts (offer_id);
CREATE INDEX contracts_subscriber_idx ON contracts (subscriber_id);
-- The orders and the filter of the list.
CREATE INDEX contracts_created_idx ON contracts (created_at DESC, id DESC);
CREATE INDEX contracts_start_date_idx ON contracts (start_date, id);
CREATE INDEX contracts_status_idx ON contracts (status, created_at DESC, id DESC);

SELECT create_list_total_triggers('contracts');

CREATE TABLE contract_audit_events (
    id          uuid PRIMARY KEY,
    contract_id uuid NOT NULL,
    event_type  text NOT NULL,
    actor_id    text NOT NULL,
    details     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT contract_audit_events_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT contract_audit_events_event_type_valid CHECK (event_type IN (
        'contract_created', 'contract_provisioned', 'contract_offer_changed', 'contract_status_changed', 'contract_end_date_changed',
        'landing_service_identifier_allocated', 'contract_document_issued')),
    CONSTRAINT contract_audit_events_details_object CHECK (jsonb_typeof(details) = 'object')
);

CREATE INDEX contract_audit_events_contract_idx ON contract_audit_events (contract_id, created_at, id);

-- +goose Down
DROP TABLE contract_audit_events;
DROP TABLE contracts;
