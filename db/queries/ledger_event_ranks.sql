-- name: LedgerEventRankGetAbove :one
-- The nearest event of a known rank that is not below another rank. A rank is off by what it does not count yet at most, so the
-- one that is that much above is not below in any case.
WITH unranked AS (
    SELECT u.booking_date, u.event_id, u.change FROM ledger_unranked_events(@account_id) u (booking_date, event_id, change)
), nearest AS (
    SELECT r.rank, r.booking_date, r.event_id FROM ledger_event_ranks r
    WHERE r.account_id = @account_id AND r.rank >= (SELECT count(*) FROM unranked) + @rank::bigint
    ORDER BY r.rank
    LIMIT 1
)
SELECT n.booking_date, n.event_id, (n.rank + coalesce(sum(u.change), 0))::bigint AS rank
FROM nearest n LEFT JOIN unranked u ON (u.booking_date, u.event_id) < (n.booking_date, n.event_id)
GROUP BY n.rank, n.booking_date, n.event_id;

-- name: LedgerEventRankList :many
-- Of some accounts those of which so many postings are not ranked yet, and that nobody else ranks until the transaction ends.
SELECT due.id FROM (
    SELECT a.id FROM ledger_accounts a
    LEFT JOIN ledger_rankings k ON k.account_id = a.id AND k.currency = a.currency
    WHERE a.id = ANY(@account_ids::uuid[])
    GROUP BY a.id
    HAVING sum(a.sequence - coalesce(k.sequence, 0)) >= @unranked::bigint
    OFFSET 0
) due
WHERE pg_try_advisory_xact_lock(hashtextextended('ledger-ranks ' || due.id::text, 0));

-- name: LedgerEventRankUpdate :exec
-- Ranks the events of an account from the first one on before which something has changed, in one statement, so that what is
-- ranked is what is counted as such. An account that is appended to is ranked where it was appended to.
WITH kept AS (
    SELECT r.rank, r.booking_date, r.event_id FROM ledger_event_ranks r
    WHERE r.account_id = @account_id AND (r.booking_date, r.event_id) <= (
        SELECT u.booking_date, u.event_id FROM ledger_unranked_events(@account_id) u (booking_date, event_id, change) ORDER BY u.booking_date, u.event_id LIMIT 1)
    ORDER BY r.rank DESC
    LIMIT 1
), ranked AS (
    SELECT v.booking_date, v.event_id,
           coalesce((SELECT k.rank FROM kept k), 0) + row_number() OVER (ORDER BY v.booking_date, v.event_id) - 1 AS rank
    FROM ledger_account_events(@account_id) v (booking_date, event_id, entry_id)
    WHERE (v.booking_date, v.event_id) >= (coalesce((SELECT k.booking_date FROM kept k), '-infinity'),
                                           coalesce((SELECT k.event_id FROM kept k), '00000000-0000-0000-0000-000000000000'::uuid))
), added AS (
    INSERT INTO ledger_event_ranks AS old (account_id, rank, booking_date, event_id)
    SELECT @account_id, n.rank, n.booking_date, n.event_id FROM ranked n
    WHERE n.rank % @spacing::bigint = 0 AND n.rank > coalesce((SELECT k.rank FROM kept k), 0)
    ON CONFLICT ON CONSTRAINT ledger_event_ranks_pkey DO UPDATE SET booking_date = excluded.booking_date, event_id = excluded.event_id
), removed AS (
    DELETE FROM ledger_event_ranks r
    WHERE r.account_id = @account_id AND r.rank > coalesce((SELECT max(n.rank) FROM ranked n), (SELECT k.rank FROM kept k), 0)
)
INSERT INTO ledger_rankings (account_id, currency, sequence)
SELECT a.id, a.currency, a.sequence FROM ledger_accounts a WHERE a.id = @account_id
ON CONFLICT ON CONSTRAINT ledger_rankings_pkey DO UPDATE SET sequence = excluded.sequence;
