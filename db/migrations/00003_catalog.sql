-- +goose Up

CREATE TABLE offers (
    id                            uuid PRIMARY KEY,
    name                          text NOT NULL,
    service_category              text NOT NULL,
    service_type                  text NOT NULL,
    version                       integer NOT NULL,
    monthly_fee                   centimes NOT NULL,
    activation_fee                centimes NOT NULL,
    status                        text NOT NULL,
    valid_from                    date NOT NULL,
    valid_to                      date,
    mobile_data_gb                integer,
    mobile_calls_hours            integer,
    internet_access_type          text,
    internet_fiber_speed_mbps     integer,
    internet_adsl_speed_mbps      integer,
    internet_landline_included    boolean NOT NULL,
    internet_tv_included          boolean NOT NULL,
    landline_national_included    boolean NOT NULL,
    landline_international_hours  integer,
    landline_phone_hours          integer,
    created_at                    timestamptz NOT NULL,
    updated_at                    timestamptz NOT NULL,

    CONSTRAINT offers_identity_key UNIQUE (name, service_category, version),
    CONSTRAINT offers_name_length CHECK (name = btrim(name) AND char_length(name) BETWEEN 2 AND 100),
    CONSTRAINT offers_version_positive CHECK (version >= 1),
    CONSTRAINT offers_monthly_fee_positive CHECK (monthly_fee > 0),
    CONSTRAINT offers_activation_fee_not_negative CHECK (activation_fee >= 0),
    CONSTRAINT offers_status_valid CHECK (status IN ('active', 'retired')),
    CONSTRAINT offers_validity_ordered CHECK (valid_to >= valid_from),
    CONSTRAINT offers_quantities_positive CHECK (
        least(mobile_data_gb, mobile_calls_hours, internet_fiber_speed_mbps, internet_adsl_speed_mbps,
              landline_international_hours, landline_phone_hours) >= 1),
    -- An offer has only the components of its category.
    CONSTRAINT offers_components_of_category CHECK (
        CASE service_category
            WHEN 'mobile' THEN
                service_type = 'mobile'
                AND num_nonnulls(mobile_data_gb, mobile_calls_hours) >= 1
                AND num_nonnulls(internet_access_type, internet_fiber_speed_mbps, internet_adsl_speed_mbps,
                                 landline_international_hours, landline_phone_hours) = 0
                AND NOT (internet_landline_included OR internet_tv_included OR landline_national_included)
            WHEN 'internet' THEN
                service_type = internet_access_type
                AND internet_access_type IS NOT NULL
                AND internet_landline_included
                AND (internet_access_type = 'fiber') = (internet_fiber_speed_mbps IS NOT NULL)
                AND (internet_access_type = 'adsl') = (internet_adsl_speed_mbps IS NOT NULL)
                AND internet_access_type IN ('fiber', 'adsl')
                AND num_nonnulls(mobile_data_gb, mobile_calls_hours,
                                 landline_international_hours, landline_phone_hours) = 0
                AND NOT landline_national_included
            WHEN 'landline' THEN
                service_type = 'landline'
                AND (landline_national_included
                     OR num_nonnulls(landline_international_hours, landline_phone_hours) >= 1)
                AND num_nonnulls(mobile_data_gb, mobile_calls_hours, internet_access_type,
                                 internet_fiber_speed_mbps, internet_adsl_speed_mbps) = 0
                AND NOT (internet_landline_included OR internet_tv_included)
            ELSE false
        END)
);

CREATE INDEX offers_created_idx ON offers (created_at DESC, id DESC);

-- +goose Down
DROP TABLE offers;
