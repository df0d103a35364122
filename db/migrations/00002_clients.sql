-- +goose Up

CREATE TABLE clients (
    id                 uuid PRIMARY KEY,
    cin                text,
    client_type        text NOT NULL,
    full_name          text NOT NULL,
    address            text,
    email              text,
    phone              text,
    status             text NOT NULL,
    -- The start of the client's delinquency; NULL while none of the client's invoices is overdue.
    delinquent_since   timestamptz,
    -- The delinquent_since that dunning has seen. Where the two differ, the client became delinquent or ceased to be,
    -- and the next enrolment acts on it.
    dunning_seen_since timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,

    CONSTRAINT clients_cin_key UNIQUE (cin),
    CONSTRAINT clients_cin_normalised CHECK (cin = upper(btrim(cin)) AND char_length(cin) BETWEEN 4 AND 40),
    CONSTRAINT clients_client_type_valid CHECK (client_type IN ('individual', 'business')),
    CONSTRAINT clients_full_name_length CHECK (char_length(full_name) BETWEEN 2 AND 150),
    CONSTRAINT clients_address_length CHECK (char_length(address) <= 255),
    CONSTRAINT clients_email_length CHECK (char_length(email) <= 255),
    CONSTRAINT clients_phone_length CHECK (char_length(phone) <= 40),
    CONSTRAINT clients_status_valid CHECK (status IN ('active', 'suspended', 'terminated'))
);

-- The orders of the list. Newest first is the default; ties are broken by id.
CREATE INDEX clients_created_idx ON clients (created_at DESC, id DESC);
CREATE INDEX clients_full_name_idx ON clients (full_name, id);
-- The filters of the list: a page of a rare value, and the count of any value.
CREATE INDEX clients_status_idx ON clients (status, created_at DESC, id DESC);
CREATE INDEX clients_client_type_idx ON clients (client_type, created_at DESC, id DESC);
CREATE INDEX clients_delinquent_idx ON clients (created_at DESC, id DESC) WHERE delinquent_since IS NOT NULL;
-- Almost always empty, so that an enrolment that finds no change costs one probe.
CREATE INDEX clients_dunning_out_of_sync_idx ON clients (id) WHERE dunning_seen_since IS DISTINCT FROM delinquent_since;

SELECT create_list_total_triggers('clients');

CREATE TABLE subscribers (
    id                 uuid PRIMARY KEY,
    client_id          uuid NOT NULL,
    service_type       text NOT NULL,
    service_identifier text NOT NULL,
    status             text NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,

    CONSTRAINT subscribers_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE,
    CONSTRAINT subscribers_service_identifier_key UNIQUE (service_identifier),
    -- The target of the foreign key that restricts a contract to the subscribers of the contract's client.
    CONSTRAINT subscribers_client_id_key UNIQUE (client_id, id),
    CONSTRAINT subscribers_service_type_valid
        CHECK (service_type IN ('mobile', 'fiber', 'adsl', 'tv', 'addon', 'landline')),
    CONSTRAINT subscribers_service_identifier_length
        CHECK (service_identifier = btrim(service_identifier) AND char_length(service_identifier) BETWEEN 3 AND 100),
    CONSTRAINT subscribers_status_valid CHECK (status IN ('active', 'suspended', 'terminated'))
);

-- +goose Down
DROP TABLE subscribers;
DROP TABLE clients;
