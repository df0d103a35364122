-- +goose Up

-- What a run left out: the lines of other runs that charged days of its period already, noted by the transaction that
-- read them. A line that is released since is still why.
CREATE TABLE billing_run_skipped_lines (
    billing_run_id uuid NOT NULL,
    client_id      uuid NOT NULL,
    line_id        uuid NOT NULL,

    PRIMARY KEY (billing_run_id, client_id, line_id),
    CONSTRAINT billing_run_skipped_lines_run_fkey FOREIGN KEY (billing_run_id) REFERENCES billing_runs (id),
    CONSTRAINT billing_run_skipped_lines_line_fkey FOREIGN KEY (line_id) REFERENCES invoice_lines (id)
);

INSERT INTO billing_run_skipped_lines (billing_run_id, client_id, line_id)
SELECT r.id, ct.client_id, l.id
FROM billing_runs r
JOIN billing_run_chunks c ON c.billing_run_id = r.id AND c.status <> 'planned'
JOIN contracts ct ON ct.client_id BETWEEN c.first_client_id AND c.last_client_id AND ct.created_at <= r.planned_at
JOIN invoice_lines l ON l.contract_id = ct.id AND l.billed_days && daterange(r.period_start, r.period_end, '[]')
JOIN invoices i ON i.id = l.invoice_id
WHERE i.billing_run_id <> r.id
  AND i.issued_at <= c.billed_at
  AND (i.voided_at IS NULL OR i.voided_at > c.billed_at);

-- +goose Down
DROP TABLE billing_run_skipped_lines;
