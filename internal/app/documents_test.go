package app_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

func TestDocumentsAreKeptInABucketAndMadeAgain(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	backend := s3mem.New()
	require.NoError(t, backend.CreateBucket("documents"))
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	kept := config.Documents{Store: config.S3Documents, Bucket: "documents", Prefix: "mtf", Endpoint: server.URL, Region: "us-east-1", PathStyle: true}
	directory := t.TempDir()
	s := system.Start(t, func(c *config.Config) {
		c.Documents, c.DocumentsDirectory = kept, directory
		// A day that no year has: it is triggered here.
		c.DocumentCheck.Cron = "5 0 30 2 *"
	})

	var offer, submitted object
	s.Post(t, "/api/v1/offers", object{
		"name": "Mobile", "service_category": "mobile", "monthly_fee": "199.00", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	}, &offer)
	s.Post(t, "/api/v1/landing/submit/new", object{
		"service_category": "mobile", "offer_id": offer["id"], "cin": "AB123456", "full_name": "Test Client", "email": "test@client.example",
		"address": "Rabat", "contact_phone": "0612345678", "contract_start_date": "2026-11-01", "mobile_number_mode": "assign_new",
	}, &submitted, system.Key("bucket-submit"))
	s.Post(t, "/api/v1/billing/runs", object{"period_start": "2026-11-01", "period_end": "2026-11-30"}, nil, system.Key("bucket-run"))

	store, err := filestore.NewS3Store(t.Context(), kept.S3())
	require.NoError(t, err)
	var keys []string
	for key, err := range store.Keys(t.Context()) {
		require.NoError(t, err)
		keys = append(keys, key)
	}
	require.Len(t, keys, 2)
	require.Regexp(t, "^contracts/.*pdf$", keys[0])
	require.Regexp(t, "^invoices/.*pdf$", keys[1])
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Empty(t, entries, "documents are in the directory, too")

	link := submitted["document_download_url"].(string)
	first := s.Call(t, http.MethodGet, link, nil)
	require.Equal(t, http.StatusOK, first.Status)
	require.NoError(t, store.Delete(t.Context(), keys[0]))
	again := s.Call(t, http.MethodGet, link, nil)
	require.Equal(t, http.StatusOK, again.Status)
	require.Equal(t, first.Body, again.Body)
	_, err = store.Get(t.Context(), keys[0])
	require.NoError(t, err, "the document is not stored again")

	// The nightly check renders documents without a request.
	for _, key := range keys {
		require.NoError(t, store.Delete(t.Context(), key))
	}
	s.Post(t, "/api/v1/schedules/document-check/trigger", nil, nil)
	check := s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.DocumentCheckID)
	var started string
	require.Eventually(t, func() bool {
		known, err := check.Describe(t.Context())
		if err != nil || len(known.Info.RecentActions) == 0 {
			return false
		}
		started = known.Info.RecentActions[0].StartWorkflowResult.WorkflowID
		return true
	}, time.Minute, 10*time.Millisecond)
	var found documents.Checked
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), started, "").Get(t.Context(), &found))
	require.Equal(t, documents.Checked{Contracts: 1, Invoices: 1, Restored: 2}, found)
	for _, key := range keys {
		_, err := store.Get(t.Context(), key)
		require.NoError(t, err, "%s is not stored again", key)
	}
}
