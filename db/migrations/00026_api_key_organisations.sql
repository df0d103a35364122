-- +goose Up

-- The organisations that a key may act for; NULL stands for all of them.
ALTER TABLE api_keys
    ADD COLUMN organisations text[],
    ADD CONSTRAINT api_keys_organisations_named CHECK (cardinality(organisations) > 0);

-- +goose Down
ALTER TABLE api_keys DROP COLUMN organisations;
