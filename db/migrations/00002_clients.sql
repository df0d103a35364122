-- +goose Up

CREATE TABLE clients (
    id               uuid PRIMARY KEY,
    cin              text,
    client_type      text NOT NULL,
    full_name        text NOT NULL,
    address          text,
    email            text,
    phone            text,
    status           text NOT NULL,
    -- Set while any invoice of the client is overdue: delinquent since then.
    delinquent_since timestamptz,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,

    CONSTRAINT clients_cin_key UNIQUE (cin),
    CONSTRAINT clients_cin_normalised CHECK (cin = upper(btrim(cin)) AND char_length(cin) BETWEEN 4 AND 40),
    CONSTRAINT clients_client_type_valid CHECK (client_type IN ('individual', 'business')),
    CONSTRAINT clients_full_name_length CHECK (char_length(full_name) BETWEEN 2 AND 150),
    CONSTRAINT clients_address_length CHECK (char_length(address) <= 255),
    CONSTRAINT clients_email_length CHECK (char_length(email) <= 255),
    CONSTRAINT clients_phone_length CHECK (char_length(phone) <= 40),
    CONSTRAINT clients_status_valid CHECK (status IN ('active', 'suspended', 'terminated'))
);

-- The list's order, newest first.
CREATE INDEX clients_created_idx ON clients (created_at DESC, id DESC);

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
    -- Lets a contract refer to a subscriber of its own client only.
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
