package ledger_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// What is wrong is found one by one, in a ledger that is right otherwise. Each statement leaves the chains as they should be,
// unless it says something else.
func TestEveryFaultOfALedgerIsFound(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	one, contracts := newClient(t, pool, 2)
	other, only := newClient(t, pool, 1)
	var alone uuid.UUID
	within(t, pool, func(tx pgx.Tx) (err error) {
		alone, err = ledger.CreateContract(t.Context(), tx, ledger.Profile{Status: new("active"), Currency: ledger.Currency, Details: []byte("{}")}, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
		return err
	})
	first, second, voided, last := issue(t, pool, one, contracts...), issue(t, pool, one, contracts...), issue(t, pool, one, contracts[0]), issue(t, pool, other, only...)
	paid, alsoPaid, reversed := pay(t, pool, first, 30), pay(t, pool, second, 120), pay(t, pool, first, 150)
	reverse(t, pool, reversed)
	void(t, pool, voided)
	changed, deleted, ofContract, ofNobody := create(t, pool, contracts[0], 70), create(t, pool, contracts[1], 80), create(t, pool, only[0], 90), create(t, pool, alone, 40)
	within(t, pool, func(tx pgx.Tx) error {
		return ledger.ChangeEvent(t.Context(), tx, changed, func(event *ledger.Event) error { event.Amount++; return nil }, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
	})
	within(t, pool, func(tx pgx.Tx) error {
		return ledger.DeleteEvent(t.Context(), tx, deleted, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
	})
	requireProven(t, pool)

	name := strings.NewReplacer(one.String(), "one", other.String(), "other", contracts[0].String(), "a contract of one", contracts[1].String(), "a contract of one",
		only[0].String(), "the contract of other", alone.String(), "alone", "@paid", paid.String(), "@changed", changed.String(), "@deleted", deleted.String(),
		"@ofContract", ofContract.String(), "@ofNobody", ofNobody.String(), "@first", first.String(), "@second", second.String(), "@voided", voided.String(),
		"@alsoPaid", alsoPaid.String(), "@only", only[0].String(), "@one", one.String(), "@alone", alone.String(), "@reversed", reversed.String(),
		"@other", other.String(), "@last", last.String())
	for _, fault := range []struct {
		about, statements string
		want              []string
	}{
		{
			"an entry without postings", `
			INSERT INTO ledger_entries SELECT (jsonb_populate_record(e, '{"id": "00000000-0000-7000-8000-000000000001", "event_id": "00000000-0000-7000-8000-000000000001"}')).*
				FROM ledger_entries e WHERE e.event_id = '@ofContract';
			INSERT INTO ledger_events VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', NULL, now(), now())`,
			[]string{"other: entry … differs from what was posted", "the contract of other: entry … differs from what was posted"},
		},
		{
			"a posting without an entry", `
			INSERT INTO ledger_postings SELECT account_id, currency, 2, gen_random_uuid(), event_id, source, NULL, booking_date, 5, 45 FROM ledger_postings WHERE account_id = '@alone';
			UPDATE ledger_accounts SET sequence = 2, balance = 45 WHERE id = '@alone'`,
			[]string{"alone: entry … differs from what was posted"},
		},
		{
			"a posting that is there twice", `
			INSERT INTO ledger_postings SELECT account_id, currency, 2, entry_id, event_id, source, NULL, booking_date, amount, 80 FROM ledger_postings WHERE account_id = '@alone';
			UPDATE ledger_accounts SET sequence = 2, balance = 80 WHERE id = '@alone'`,
			[]string{"alone: entry … differs from what was posted"},
		},
		{
			"a posting of another amount", `
			UPDATE ledger_postings SET amount = 41, balance = 41 WHERE account_id = '@alone';
			UPDATE ledger_accounts SET balance = 41 WHERE id = '@alone'`,
			[]string{"alone: entry … differs from what was posted"},
		},
		{
			"a posting to another account", `
			UPDATE ledger_postings SET account_id = '00000000-0000-7000-8000-000000000001' WHERE account_id = '@alone';
			UPDATE ledger_accounts SET id = '00000000-0000-7000-8000-000000000001' WHERE id = '@alone'`,
			[]string{"…: entry … differs from what was posted", "alone: entry … differs from what was posted"},
		},
		{
			"an invoice without the posting of its contract", `
			DELETE FROM ledger_postings WHERE account_id = '@only' AND sequence = 1;
			UPDATE ledger_postings SET sequence = 1, balance = 90 WHERE account_id = '@only';
			UPDATE ledger_accounts SET sequence = 1, balance = 90 WHERE id = '@only'`,
			[]string{"the contract of other: entry … differs from what was posted"},
		},
		{
			"an event that is posted to the client alone", `
			DELETE FROM ledger_postings WHERE account_id = '@only' AND event_id = '@ofContract';
			UPDATE ledger_accounts SET sequence = 1, balance = 100 WHERE id = '@only'`,
			[]string{"the contract of other: entry … differs from what was posted"},
		},
		{
			"an event that is entered for the client alone", `
			DELETE FROM ledger_postings WHERE account_id = '@only' AND event_id = '@ofContract';
			UPDATE ledger_accounts SET sequence = 1, balance = 100 WHERE id = '@only';
			UPDATE ledger_entries SET contract_ids = '{}', contract_amounts = '{}' WHERE event_id = '@ofContract'`,
			[]string{"other: entry … is not allocated to one contract"},
		},
		{"an entry of no event", "DELETE FROM ledger_events WHERE id = '@ofNobody'", []string{"alone: entry … belongs to no event"}},
		{
			"an entry that is both valid and reversed", `
			UPDATE ledger_events SET entry_id = (SELECT reverses_id FROM ledger_entries WHERE event_id = '@deleted' AND source = 'api_reversal') WHERE id = '@deleted'`,
			[]string{"one: entry … is both valid and reversed"},
		},
		{
			"an event with the entry of a payment", "UPDATE ledger_events SET entry_id = '@paid' WHERE id = '@deleted'",
			[]string{"one: entry … does not belong to the event that names it"},
		},
		{
			"a change that reverses something else", `
			UPDATE ledger_entries SET booking_date = '2026-03-03' WHERE event_id = '@changed' AND source = 'api_reversal';
			UPDATE ledger_postings SET booking_date = '2026-03-03' WHERE event_id = '@changed' AND source = 'api_reversal'`,
			[]string{"one: entry … reverses something else"},
		},
		{
			"an invoice that is not entered", `
			DELETE FROM ledger_postings WHERE entry_id = '@last';
			UPDATE ledger_postings SET sequence = 1, balance = 90 WHERE account_id IN ('@only', '@other');
			UPDATE ledger_accounts SET sequence = 1, balance = 90 WHERE id IN ('@only', '@other');
			DELETE FROM ledger_entries WHERE id = '@last'`,
			[]string{"other: invoice … is not posted", "other: invoice … owes something else than its entries"},
		},
		{
			"a payment that was taken back, both of which are not entered", `
			INSERT INTO payments SELECT (jsonb_populate_record(p, '{"id": "00000000-0000-7000-8000-000000000001"}')).* FROM payments p WHERE id = '@reversed'`,
			[]string{"one: payment … is not posted", "one: payment_reversal … is not posted"},
		},
		{
			"a void that did not happen", "UPDATE invoices SET status = 'issued', voided_at = NULL, voided_by = NULL, void_reason = NULL WHERE id = '@voided'",
			[]string{"one: invoice … owes something else than its entries", "one: invoice_void … is posted but does not exist"},
		},
		{
			"payments of a client that are wrong and add up", `
			UPDATE payments SET amount = amount + 1 WHERE id = '@paid';
			UPDATE payments SET amount = amount - 1 WHERE id = '@alsoPaid';
			UPDATE invoices SET paid_amount = paid_amount + 1 WHERE id = '@first';
			UPDATE invoices SET paid_amount = paid_amount - 1 WHERE id = '@second'`,
			[]string{
				"one: invoice … owes something else than its entries", "one: invoice … owes something else than its entries",
				"one: payment … differs from its entry", "one: payment … differs from its entry",
			},
		},
		{
			"an invoice that is paid by nothing", "UPDATE invoices SET paid_amount = paid_amount + 1 WHERE id = '@first'",
			[]string{"one: invoice … owes something else than its entries"},
		},
		{
			"a payment of no contract", `
			UPDATE ledger_entries SET contract_ids = '{}', contract_amounts = '{}' WHERE id = '@paid'`,
			[]string{"a contract of one: entry … differs from what was posted", "one: invoice … owes something else than its entries"},
		},
		{"a chain that breaks", "UPDATE ledger_postings SET balance = balance + 1 WHERE account_id = '@one' AND sequence = 2", []string{"one: the chain breaks at 2"}},
		{"a balance of its own", "UPDATE ledger_accounts SET balance = balance + 1 WHERE id = '@one'", []string{"one: the balance is not that of the last posting"}},
	} {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		for _, statement := range append([]string{"SET LOCAL session_replication_role = replica"}, strings.Split(name.Replace(fault.statements), ";")...) {
			_, err := tx.Exec(t.Context(), statement)
			require.NoError(t, err, fault.about)
		}
		faults, err := ledger.Prove(t.Context(), tx)
		require.NoError(t, err)
		found := []string{}
		for _, one := range faults {
			found = append(found, anyID.ReplaceAllString(name.Replace(one.AccountID.String())+": "+one.Fault, "…"))
		}
		require.ElementsMatch(t, fault.want, found, fault.about)
		require.NoError(t, tx.Rollback(t.Context()))
	}
}
