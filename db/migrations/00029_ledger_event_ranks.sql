-- +goose Up

-- Of every so many events of an account, in the order of booking date and id, how many come before it. A page far down a long
-- list is found from the nearest of them; passing over all that comes before would take the longer the further down it is.
-- They are made anew once so many postings are not ranked yet, so an account with few events has none.
CREATE TABLE ledger_event_ranks (
    account_id   uuid NOT NULL,
    rank         bigint NOT NULL,
    booking_date date NOT NULL,
    event_id     uuid NOT NULL,

    CONSTRAINT ledger_event_ranks_pkey PRIMARY KEY (account_id, rank),
    CONSTRAINT ledger_event_ranks_positive CHECK (rank > 0)
);

CREATE INDEX ledger_event_ranks_booked_idx ON ledger_event_ranks (account_id, booking_date DESC, event_id DESC);

-- Up to which posting of an account its ranks count. Apart from ledger_accounts, whose rows are locked by whoever posts.
CREATE TABLE ledger_rankings (
    account_id uuid NOT NULL,
    currency   text NOT NULL,
    sequence   bigint NOT NULL,

    CONSTRAINT ledger_rankings_pkey PRIMARY KEY (account_id, currency),
    CONSTRAINT ledger_rankings_account_fkey FOREIGN KEY (account_id, currency) REFERENCES ledger_accounts (id, currency)
);

-- The events of an account: its postings without those that were taken back, and those that took them back. A function of
-- the account rather than a view, so that what was taken back of it is read once for a query, and not for each posting.
CREATE FUNCTION ledger_account_events(account uuid)
RETURNS TABLE (booking_date date, event_id uuid, entry_id uuid) LANGUAGE sql STABLE AS $$
    SELECT p.booking_date, p.event_id, p.entry_id FROM ledger_postings p
    WHERE p.account_id = account AND p.source <> 'api_reversal'
      AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = account AND r.source = 'api_reversal')
$$;

-- What the ranks of an account do not count yet: an event more or, where one was taken back, one less.
CREATE FUNCTION ledger_unranked_events(account uuid)
RETURNS TABLE (booking_date date, event_id uuid, change integer) LANGUAGE sql STABLE AS $$
    SELECT p.booking_date, p.event_id, CASE p.source WHEN 'api_reversal' THEN -1 ELSE 1 END
    FROM ledger_accounts a
    LEFT JOIN ledger_rankings k ON k.account_id = a.id AND k.currency = a.currency
    JOIN ledger_postings p ON p.account_id = a.id AND p.currency = a.currency AND p.sequence > coalesce(k.sequence, 0)
    WHERE a.id = account
$$;

-- +goose Down
DROP FUNCTION ledger_unranked_events(uuid);
DROP FUNCTION ledger_account_events(uuid);
DROP TABLE ledger_rankings;
DROP TABLE ledger_event_ranks;
