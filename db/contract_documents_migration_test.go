package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

// contractDocuments is the migration with which signed documents of contracts are listed and linked.
const contractDocuments = 25

func TestContractDocumentsThatWereIssuedBeforeAreListed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, provider := before(t, servers.DatabaseURL(t), contractDocuments)
	for _, statement := range []string{
		`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			VALUES ('01890000-0000-7000-8000-000000000001', 'individual', 'Test Client', 'active', now(), now())`,
		`INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
			SELECT gen_random_uuid(), id, 'mobile', '+212600000001', 'active', now(), now() FROM clients`,
		`INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from, mobile_data_gb,
				internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
			VALUES (gen_random_uuid(), 'Mobile', 'mobile', 'mobile', 1, 19900, 0, 'active', '2026-01-01', 20, false, false, false, now(), now())`,
		`INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
			SELECT '01890000-0000-7000-8000-000000000002', s.client_id, s.id, o.id, 'active', '2026-09-01', now(), now(), now() FROM subscribers s, offers o`,
		`INSERT INTO letterheads (id, fingerprint, content, created_at) VALUES (gen_random_uuid(), decode(repeat('00', 32), 'hex'), '{}', now())`,
		`INSERT INTO documents (id, document_type, contract_id, letterhead_id, file_name, storage_key, sha256, size_bytes, content, created_at)
			SELECT ('01890000-0000-7000-8000-00000000001' || n)::uuid, 'contract_pdf', '01890000-0000-7000-8000-000000000002', l.id, 'c.pdf', 'key ' || n,
				l.fingerprint, 1, '{}', now() + n * interval '1 second'
			FROM letterheads l, generate_series(1, 2) n`,
		`INSERT INTO contract_audit_events (id, contract_id, event_type, actor_id, details, created_at)
			VALUES (gen_random_uuid(), '01890000-0000-7000-8000-000000000002', 'contract_document_issued', 'landing',
				'{"document_id": "01890000-0000-7000-8000-000000000011"}', now())`,
	} {
		_, err := database.ExecContext(ctx, statement)
		require.NoError(t, err, statement)
	}
	_, err := provider.Up(ctx)
	require.NoError(t, err)
	var listed string
	require.NoError(t, database.QueryRowContext(ctx, `
		SELECT string_agg(concat_ws(' ', id, contract_id, issued, documents_contract_id, documents_owner_id, registered_by), E'\n' ORDER BY registered_at)
		FROM contract_documents`).Scan(&listed))
	require.Equal(t, "01890000-0000-7000-8000-000000000011 01890000-0000-7000-8000-000000000002 t "+
		"01890000-0000-7000-8000-000000000011 01890000-0000-7000-8000-000000000001 landing\n"+
		// Nobody is told in the trail of this one.
		"01890000-0000-7000-8000-000000000012 01890000-0000-7000-8000-000000000002 t "+
		"01890000-0000-7000-8000-000000000012 01890000-0000-7000-8000-000000000001 mtf", listed)
}
