-- +goose Up

-- Exclusion constraints that mix a uuid with a date range need it.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- Money is an integer number of centimes; the bound is the API's own (below 10^10 MAD).
CREATE DOMAIN centimes AS bigint
    CONSTRAINT centimes_in_range CHECK (VALUE BETWEEN -999999999999 AND 999999999999);

-- A sum over many invoices has no bound of its own.
CREATE DOMAIN centimes_sum AS bigint;

-- A tax rate in millionths: 200000 is 20 %.
CREATE DOMAIN tax_rate AS integer
    CONSTRAINT tax_rate_in_range CHECK (VALUE BETWEEN 0 AND 1000000);

-- +goose Down
DROP DOMAIN tax_rate;
DROP DOMAIN centimes_sum;
DROP DOMAIN centimes;
DROP EXTENSION btree_gist;
