package seed

import (
	"net/mail"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestCatalogue_KeepsOfferRules(t *testing.T) {
	t.Parallel()
	today := calendar.MustParse("2026-11-22")
	kinds, retired := map[catalog.ServiceType]int{}, 0
	for _, definition := range Catalogue(today) {
		normal := definition
		require.Empty(t, normal.Normalise(), definition.Name)
		require.Equal(t, definition, normal, "normalising changes nothing")
		require.Equal(t, calendar.MustParse("2024-11-22"), definition.ValidFrom)
		kinds[definition.ServiceType()]++
		if definition.Status == "retired" {
			retired++
		}
	}
	require.Equal(t, map[catalog.ServiceType]int{"mobile": 4, "fiber": 2, "adsl": 1, "landline": 2}, kinds)
	require.Equal(t, 1, retired)
}

func TestClients_LookMoroccan(t *testing.T) {
	t.Parallel()
	const total = 10_000
	pool := servers.Database(t)
	load(t, pool, optionsOf(42, total))
	rows, err := dbsqlc.New().ClientList(t.Context(), pool, dbsqlc.ClientListParams{Sort: "created_at:desc", PageSize: total})
	require.NoError(t, err)
	require.Len(t, rows, total)

	cin := regexp.MustCompile(`^[A-Z]{2}[0-9]{6}$`)
	arabic, accented := regexp.MustCompile(`\p{Arabic}`), regexp.MustCompile(`[À-ÿ]`)
	seen := map[string]int{}
	for i, listed := range rows {
		row := listed.Client
		require.Regexp(t, cin, *row.CIN)
		require.Regexp(t, `^\+212[567][0-9]{8}$`, *row.Phone)
		require.NotEmpty(t, *row.Address)
		require.True(t, row.CreatedAt.Before(optionsOf(42, 0).Now), row.CreatedAt)
		if i > 0 {
			require.True(t, row.CreatedAt.Before(rows[i-1].Client.CreatedAt), "clients come one after the other")
			require.Less(t, row.ID.String(), rows[i-1].Client.ID.String(), "ids sort as clients came")
		}
		require.EqualValues(t, 7, row.ID.Version())
		require.Equal(t, "RFC4122", row.ID.Variant().String())
		if row.Email != nil {
			seen["email"]++
			address, err := mail.ParseAddress(*row.Email)
			require.NoError(t, err, *row.Email)
			require.Regexp(t, `^[a-z0-9.-]+@[a-z0-9-]+\.example$`, address.Address)
		}
		if arabic.MatchString(row.FullName) {
			seen["arabic"]++
		}
		if accented.MatchString(row.FullName) {
			seen["accented"]++
		}
		seen[string(row.ClientType)]++
		seen[string(row.Status)]++
	}
	require.InDelta(t, 0.08, float64(seen["business"])/total, 0.01)
	require.InDelta(t, 0.03, float64(seen["arabic"])/total, 0.01)
	require.Greater(t, seen["accented"], total/20)
	require.Greater(t, seen["email"], total*9/10)
	require.Less(t, seen["email"], total)
	require.Greater(t, seen["active"], total*9/10)
	require.Greater(t, seen["terminated"], 0)
}

func TestContracts_LookRealistic(t *testing.T) {
	t.Parallel()
	const total = 10_000
	pool := servers.Database(t)
	options := optionsOf(42, total)
	summary := load(t, pool, options)
	count := func(condition string, arguments ...any) int {
		t.Helper()
		return number(t, pool, `SELECT count(*) FROM contracts c JOIN offers o ON o.id = c.offer_id
			JOIN subscribers s ON s.id = c.subscriber_id JOIN clients k ON k.id = c.client_id
			JOIN contract_audit_events e ON e.contract_id = c.id WHERE `+condition, arguments...)
	}
	none := func(rule, violation string, arguments ...any) {
		t.Helper()
		require.Zero(t, count(violation, arguments...), rule)
	}
	some := func(what, condition string, low, high float64, arguments ...any) {
		t.Helper()
		share := float64(count(condition, arguments...)) / float64(summary.Contracts)
		require.True(t, low <= share && share <= high, "%s: %.4f of the contracts, not %v to %v", what, share, low, high)
	}
	month := calendar.MonthOf(options.Today.FirstOfMonth().AddDays(-1))

	require.InDelta(t, 1.4, float64(summary.Contracts)/total, 0.03)
	require.Equal(t, 3, number(t, pool, "SELECT max(n) FROM (SELECT count(*) AS n FROM contracts GROUP BY client_id) x"))
	require.Equal(t, total, number(t, pool, "SELECT count(DISTINCT client_id) FROM contracts"))
	require.Equal(t, summary.Contracts, count("true"), "one event for each contract")

	some("active", "c.status = 'active'", 0.88, 0.95)
	some("draft", "c.status = 'draft'", 0.01, 0.05)
	some("suspended", "c.status = 'suspended'", 0.02, 0.05)
	some("terminated", "c.status = 'terminated'", 0.02, 0.06)
	some("activated in the last full month", "c.status = 'active' AND c.start_date BETWEEN $1 AND $2", 0.04, 0.12, month.Start, month.End)
	some("starts after it", "c.start_date > $1", 0.01, 0.12, month.End)
	some("starts after today", "c.start_date > $1", 0.001, 0.03, options.Today)
	some("ends before it", "c.end_date < $1", 0.01, 0.06, month.Start)
	some("active and ends before it", "c.status = 'active' AND c.end_date < $1", 0.001, 0.03, month.Start)
	some("committed for 12 months", "c.commitment_months = 12", 0.15, 0.35)
	some("committed for 24 months", "c.commitment_months = 24", 0.10, 0.25)
	some("on the retired offer", "o.status = 'retired'", 0.005, 0.10)
	for _, serviceType := range []string{"mobile", "fiber", "adsl", "landline"} {
		some(serviceType, "o.service_type = $1", 0.05, 0.75, serviceType)
	}

	none("the subscriber's type is the offer's", "s.service_type <> o.service_type")
	none("the offer is sold on the start day", "c.start_date < o.valid_from OR c.start_date > o.valid_to")
	none("the end serves the commitment, unless terminated",
		"c.status <> 'terminated' AND c.end_date < c.start_date + make_interval(months => c.commitment_months)")
	none("a draft was never activated, all else was", "(c.status = 'draft') <> (c.activated_at IS NULL)")
	none("a terminated contract ended", "c.status = 'terminated' AND (c.end_date IS NULL OR c.end_date > $1)", options.Today)
	none("the contract ends on the day of its termination", "c.end_date <> (c.terminated_at AT TIME ZONE 'UTC')::date")
	some("mobile numbers with 6", "s.service_identifier LIKE '+2126%'", 0.2, 0.5)
	some("mobile numbers with 7", "s.service_identifier LIKE '+2127%'", 0.2, 0.5)
	none("terminated after it was activated", "c.terminated_at <= c.activated_at")
	none("times lie in order and before now", `NOT (k.created_at < c.created_at AND c.created_at <= c.updated_at AND c.updated_at < $1
		AND s.created_at = c.created_at AND e.created_at = c.created_at AND s.updated_at < $1 AND k.updated_at < $1)`, options.Now)
	none("ids sort as contracts were made", `EXISTS (SELECT 1 FROM contracts n WHERE n.client_id = c.client_id
		AND (n.created_at < c.created_at) <> (n.id < c.id))`)
	none("the event tells of the provisioning", `NOT (e.event_type = 'contract_provisioned' AND e.actor_id = 'seed' AND
		e.details = jsonb_build_object('offer_id', c.offer_id, 'subscriber_id', c.subscriber_id, 'start_date', c.start_date,
			'status', CASE c.status WHEN 'draft' THEN 'draft' ELSE 'active' END))`)
}

func TestNumbers_MatchServiceType(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	load(t, pool, optionsOf(99, 2_000))
	rows, err := pool.Query(t.Context(), "SELECT service_type, service_identifier FROM subscribers")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var serviceType, identifier string
		require.NoError(t, rows.Scan(&serviceType, &identifier))
		kind := phone.Landline
		if serviceType == "mobile" {
			kind = phone.Mobile
		}
		parsed, err := kind.Parse(identifier)
		require.NoError(t, err, "%s %s", serviceType, identifier)
		require.Equal(t, identifier, string(parsed))
	}
	require.NoError(t, rows.Err())
}

// A bijection needs a factor that has no divisor in common with the size, a
// product that does not wrap, and room for every index that the blocks use.
func TestSeeds_ShareNoIdentity(t *testing.T) {
	t.Parallel()
	divisor := func(a, b uint64) uint64 {
		for b != 0 {
			a, b = b, a%b
		}
		return a
	}
	for name, space := range map[string]struct {
		scattering
		perClient uint64
	}{
		"cin":    {cinSpace, 1},
		"mobile": {mobileSpace, maxMobileLines},
		"fixed":  {fixedSpace, maxFixedLines},
	} {
		require.EqualValues(t, 1, divisor(space.factor, space.size), name)
		require.LessOrEqual(t, blocks*MaxClients*space.perClient, space.size, name)
		require.Less(t, space.factor, uint64(1)<<63/space.size, name)
	}

	seen := map[string]string{}
	for _, seed := range []uint64{0, 1, 50, 99} {
		for _, client := range []int{0, 1, 2, MaxClients / 2, MaxClients - 2, MaxClients - 1} {
			block := blockOf(seed)
			for _, value := range []string{
				block.cin(client), string(block.mobileNumber(client, 0)),
				string(block.mobileNumber(client, 1)), string(block.fixedNumber(client)),
			} {
				require.Empty(t, seen[value], "%s of seed %d, client %d", value, seed, client)
				seen[value] = value
			}
		}
	}
}
