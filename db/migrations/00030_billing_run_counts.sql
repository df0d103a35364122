-- +goose Up

-- A contract can become active between the plan and its chunk, and brings a client then whom the plan did not count.
-- Such a client was taken from those that were skipped.
UPDATE billing_run_chunks SET client_count = client_count - skipped_count, skipped_count = 0 WHERE skipped_count < 0;

-- Of each client of a chunk that was looked at it is known what became of them.
ALTER TABLE billing_run_chunks
    ADD CONSTRAINT billing_run_chunks_counts_not_negative
        CHECK (least(client_count, invoice_count, skipped_count, failed_count) >= 0),
    ADD CONSTRAINT billing_run_chunks_clients_add_up
        CHECK (status = 'planned' OR client_count = invoice_count + skipped_count + failed_count);

-- The dates of issue follow the numbers: two chunks at midnight may take their numbers in the other order than
-- they read the clock.
ALTER TABLE invoice_number_sequences ADD COLUMN last_issue_date date;
UPDATE invoice_number_sequences s
SET last_issue_date = (SELECT max(i.issue_date) FROM invoices i WHERE i.seller_code = s.seller_code AND i.number_year = s.year);

-- +goose Down
ALTER TABLE invoice_number_sequences DROP COLUMN last_issue_date;
ALTER TABLE billing_run_chunks
    DROP CONSTRAINT billing_run_chunks_clients_add_up,
    DROP CONSTRAINT billing_run_chunks_counts_not_negative;
