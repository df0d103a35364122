-- +goose Up

-- From which business day on the invoices and cases are behind: the earliest due date of what the next sync has to bring
-- in step, NULL when there is nothing. A case that is worked on with nothing outstanding is behind on any day. Two probes
-- of indexes: the earliest is asked for rather than any row that is due, since a plan for the latter may read the whole
-- table when there is none. Readers of cases have it in their own statement, from one snapshot.
CREATE VIEW collections_backlog AS
SELECT least(
    (SELECT i.due_date FROM invoices i WHERE i.status = 'issued' ORDER BY i.due_date LIMIT 1),
    (SELECT CASE WHEN c.outstanding_amount = 0 THEN '-infinity'::date ELSE c.due_date END AS due_date FROM collection_cases c
     WHERE (c.status IN ('open', 'in_progress')) = (c.outstanding_amount = 0)
     ORDER BY 1 LIMIT 1)) AS earliest_due_date;

-- +goose Down
DROP VIEW collections_backlog;
