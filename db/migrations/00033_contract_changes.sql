-- +goose Up

-- The order in which what a contract costs has changed. Who notes a change has the contract or its profile locked, so the
-- numbers follow one another as the changes do. The time of a change does not: it is read before the locks are waited for.
ALTER TABLE configuration_changes ADD COLUMN sequence bigint;
ALTER TABLE configuration_changes DISABLE TRIGGER configuration_changes_immutable;
UPDATE configuration_changes c SET sequence = numbered.sequence
FROM (SELECT id, row_number() OVER (ORDER BY changed_at, id) AS sequence FROM configuration_changes) numbered
WHERE numbered.id = c.id;
ALTER TABLE configuration_changes ENABLE TRIGGER configuration_changes_immutable;
ALTER TABLE configuration_changes
    ALTER COLUMN sequence SET NOT NULL,
    ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY,
    ADD CONSTRAINT configuration_changes_contract_sequence_key UNIQUE (contract_id, sequence);
SELECT setval(pg_get_serial_sequence('configuration_changes', 'sequence'), max(sequence)) FROM configuration_changes HAVING count(*) > 0;
DROP INDEX configuration_changes_contract_idx;

-- When a contract ends decides what is billed of it, so another end is told in its trail.
ALTER TABLE contract_audit_events
    DROP CONSTRAINT contract_audit_events_event_type_valid,
    ADD CONSTRAINT contract_audit_events_event_type_valid CHECK (event_type IN (
        'contract_created', 'contract_provisioned', 'contract_offer_changed', 'contract_status_changed', 'contract_end_date_changed',
        'landing_service_identifier_allocated', 'contract_document_issued'));

-- +goose Down
-- Fails once the trail of a contract tells of another end: it is kept.
ALTER TABLE contract_audit_events
    DROP CONSTRAINT contract_audit_events_event_type_valid,
    ADD CONSTRAINT contract_audit_events_event_type_valid CHECK (event_type IN (
        'contract_created', 'contract_provisioned', 'contract_offer_changed', 'contract_status_changed',
        'landing_service_identifier_allocated', 'contract_document_issued'));
CREATE INDEX configuration_changes_contract_idx ON configuration_changes (contract_id, changed_at DESC, id DESC);
ALTER TABLE configuration_changes DROP COLUMN sequence;
