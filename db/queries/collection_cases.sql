-- name: CollectionCaseActionInsert :one
INSERT INTO collection_case_actions (id, case_id, action_type, actor_id, note, payload, created_at)
VALUES (@id, @case_id, @action_type, @actor_id, sqlc.narg('note'), @payload, @now)
RETURNING *;

-- name: CollectionCaseActionListByCase :many
SELECT * FROM collection_case_actions
WHERE case_id = @case_id
ORDER BY created_at DESC, id DESC;

-- name: CollectionCaseCountByClient :one
SELECT count(*) FROM collection_cases
WHERE client_id = @client_id AND status = ANY(@statuses::text[])
  AND (sqlc.narg('aging_bucket')::text IS NULL OR aging_bucket = sqlc.narg('aging_bucket')
       OR (aging_bucket IS NULL AND due_date BETWEEN @due_from::date AND @due_to::date));

-- name: CollectionCaseGetByID :one
SELECT * FROM collection_cases WHERE id = @id;

-- name: CollectionCaseInsert :one
INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, outstanding_amount, opened_at,
    last_action_at, created_at, updated_at)
VALUES (@id, @invoice_id, @client_id, 'open', 'invoice_overdue', @due_date, @outstanding_amount, @now, @now, @now, @now)
RETURNING *;

-- name: CollectionCaseLatest :many
-- The most requested page: no filter, latest update first, after a case. The total, and whether the cases are stale on the
-- business day, come from the same snapshot. The inner limit is the largest page size plus one; it lets PostgreSQL reuse
-- the plan, see docs/lists.md.
SELECT sqlc.embed(collection_cases),
       (SELECT coalesce(sum(case_count), 0) FROM collection_case_totals)::bigint AS list_total,
       coalesce((SELECT earliest_due_date FROM collections_backlog) < @today::date, false)::boolean AS stale
FROM (SELECT * FROM collection_cases WHERE (updated_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
      ORDER BY updated_at DESC, id DESC LIMIT 101) collection_cases
ORDER BY updated_at DESC, id DESC
LIMIT @page_size;

-- name: CollectionCaseLatestByStatus :many
-- CollectionCaseLatest for the cases with a status.
SELECT sqlc.embed(collection_cases),
       (SELECT coalesce(sum(case_count), 0) FROM collection_case_totals WHERE status = @status::text)::bigint AS list_total,
       coalesce((SELECT earliest_due_date FROM collections_backlog) < @today::date, false)::boolean AS stale
FROM (SELECT * FROM collection_cases
      WHERE status = @status::text AND (updated_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
      ORDER BY updated_at DESC, id DESC LIMIT 101) collection_cases
ORDER BY updated_at DESC, id DESC
LIMIT @page_size;

-- name: CollectionCaseList :many
-- The cases after a position, in the order of an index.
SELECT * FROM collection_cases
WHERE (updated_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: CollectionCaseListByBucket :many
-- A bucket is a range of due dates for active cases, and a column for the others. The totals list the due dates that have
-- cases. The query reads the first cases after the position for each due date by an index, then merges them.
SELECT * FROM collection_cases
WHERE id IN (
    SELECT p.id FROM (
        SELECT w.id, w.updated_at
        FROM (SELECT DISTINCT t.status, t.due_date FROM collection_case_totals t
              WHERE t.status = ANY(@statuses::text[]) AND t.due_date BETWEEN @due_from::date AND @due_to::date) d
        CROSS JOIN LATERAL (
            SELECT c.id, c.updated_at FROM collection_cases c
            WHERE c.status = d.status AND c.due_date = d.due_date AND c.aging_bucket IS NULL
              AND (c.updated_at, c.id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
            ORDER BY c.updated_at DESC, c.id DESC
            LIMIT sqlc.arg('page_offset')::integer + sqlc.arg('page_size')::integer) w
        UNION ALL
        SELECT b.id, b.updated_at
        FROM unnest(@statuses::text[]) AS s (status) CROSS JOIN LATERAL (
            SELECT c.id, c.updated_at FROM collection_cases c
            WHERE c.status = s.status AND c.aging_bucket = @aging_bucket::text
              AND (c.updated_at, c.id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
            ORDER BY c.updated_at DESC, c.id DESC
            LIMIT sqlc.arg('page_offset')::integer + sqlc.arg('page_size')::integer) b) p
    ORDER BY p.updated_at DESC, p.id DESC
    LIMIT sqlc.arg('page_size')::integer OFFSET sqlc.arg('page_offset')::integer)
ORDER BY updated_at DESC, id DESC;

-- name: CollectionCaseListByClient :many
SELECT * FROM collection_cases
WHERE client_id = @client_id AND status = ANY(@statuses::text[])
  AND (sqlc.narg('aging_bucket')::text IS NULL OR aging_bucket = sqlc.narg('aging_bucket')
       OR (aging_bucket IS NULL AND due_date BETWEEN @due_from::date AND @due_to::date))
  AND (updated_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: CollectionCaseListByStatus :many
SELECT * FROM collection_cases
WHERE status = @status::text AND (updated_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
ORDER BY updated_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: CollectionCaseListOutOfSync :many
-- The invoices of cases whose status contradicts the outstanding amount on the day.
SELECT invoice_id FROM collection_cases
WHERE (status IN ('open', 'in_progress')) = (outstanding_amount = 0)
  AND (outstanding_amount = 0 OR due_date < @today::date)
LIMIT @batch_size;

-- name: CollectionCaseListSorted :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md. A bucket of active cases is a range of due
-- dates, which bounds the index scan.
SELECT * FROM collection_cases
WHERE (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('aging_bucket')::text IS NULL OR aging_bucket = sqlc.narg('aging_bucket')
       OR (aging_bucket IS NULL AND due_date BETWEEN @due_from::date AND @due_to::date))
  AND (NOT @active_only::boolean OR due_date BETWEEN @due_from::date AND @due_to::date)
  AND CASE @after::text
        WHEN 'updated_at:asc' THEN (updated_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'due_date:desc' THEN (due_date, id) < (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'due_date:asc' THEN (due_date, id) > (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'outstanding_amount:desc' THEN (outstanding_amount, id) < (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'outstanding_amount:asc' THEN (outstanding_amount, id) > (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'updated_at:asc' THEN updated_at END,
         CASE @sort::text WHEN 'due_date:desc' THEN due_date END DESC, CASE @sort::text WHEN 'due_date:asc' THEN due_date END,
         CASE @sort::text WHEN 'outstanding_amount:desc' THEN outstanding_amount END DESC,
         CASE @sort::text WHEN 'outstanding_amount:asc' THEN outstanding_amount END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: CollectionCaseLock :one
SELECT * FROM collection_cases WHERE id = @id FOR NO KEY UPDATE;

-- name: CollectionCaseLockByInvoice :one
SELECT * FROM collection_cases WHERE invoice_id = @invoice_id FOR NO KEY UPDATE;

-- name: CollectionCaseTotal :one
-- The number of cases with the statuses, in the bucket if given, from the totals.
SELECT coalesce(sum(case_count), 0)::bigint FROM collection_case_totals
WHERE status = ANY(@statuses::text[])
  AND (sqlc.narg('aging_bucket')::text IS NULL OR aging_bucket = sqlc.narg('aging_bucket')
       OR due_date BETWEEN @due_from::date AND @due_to::date);

-- name: CollectionCaseTotalListActive :many
-- The active cases by status and due date, and whether the cases are stale on the business day.
SELECT status, due_date, sum(case_count)::bigint AS case_count, sum(outstanding_amount)::centimes_sum AS outstanding_amount,
       coalesce((SELECT earliest_due_date FROM collections_backlog) < @today::date, false)::boolean AS stale
FROM collection_case_totals
WHERE aging_bucket = ''
GROUP BY status, due_date
HAVING sum(case_count) <> 0;

-- name: CollectionCaseUpdate :one
UPDATE collection_cases
SET status = @status, days_past_due = sqlc.narg('days_past_due'), aging_bucket = sqlc.narg('aging_bucket'),
    outstanding_amount = @outstanding_amount, last_action_at = @last_action_at,
    closed_at = sqlc.narg('closed_at'), updated_at = @now
WHERE id = @id
RETURNING *;

-- name: CollectionSyncIsDue :one
-- Reports whether the invoices or the cases are stale on a day.
SELECT coalesce(earliest_due_date < @today::date, false)::boolean FROM collections_backlog;

-- name: CollectionSyncLock :exec
-- The lock is held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('collections-sync', 0));

-- name: CollectionSyncMarkOverdue :many
-- Marks a batch of invoices as overdue, and opens a case with its first action for each that has none. The rows are locked
-- in the order of ids and checked again after a wait for a payment. The caller generates the ids, one of each kind per
-- invoice of the batch.
WITH due AS (
    SELECT id FROM invoices
    WHERE status = 'issued' AND id IN (
        SELECT d.id FROM invoices d WHERE d.status = 'issued' AND d.due_date < @today::date
        ORDER BY d.due_date LIMIT cardinality(@case_ids::uuid[]))
    ORDER BY id FOR NO KEY UPDATE),
marked AS (
    UPDATE invoices i
    SET status = 'overdue', updated_at = @now
    FROM due
    WHERE i.id = due.id
    RETURNING i.id, i.client_id, i.due_date, i.total_amount - i.paid_amount AS outstanding_amount),
numbered AS (
    SELECT m.id, m.client_id, m.due_date, m.outstanding_amount, row_number() OVER () AS number
    FROM marked m
    WHERE NOT EXISTS (SELECT 1 FROM collection_cases k WHERE k.invoice_id = m.id)),
opened AS (
    INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, outstanding_amount, opened_at,
        last_action_at, created_at, updated_at)
    SELECT (@case_ids::uuid[])[n.number], n.id, n.client_id, 'open', 'invoice_overdue', n.due_date, n.outstanding_amount,
        @now, @now, @now, @now
    FROM numbered n),
actions AS (
    INSERT INTO collection_case_actions (id, case_id, action_type, actor_id, note, payload, created_at)
    SELECT (@action_ids::uuid[])[n.number], (@case_ids::uuid[])[n.number], 'case_opened', @actor_id, @note::text,
        jsonb_build_object('invoice_id', n.id), @now
    FROM numbered n)
SELECT m.id, m.client_id, (n.id IS NOT NULL)::boolean AS opened
FROM marked m LEFT JOIN numbered n ON n.id = m.id;
