package api_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

// never is a day that no year has: a schedule starts when it is triggered only.
const never = "5 0 30 2 *"

// checkDocuments triggers the check and returns what it found.
func checkDocuments(t testing.TB, s *system.System, nth int) (found documents.Checked) {
	t.Helper()
	s.Post(t, schedulesPath+"/document-check/trigger", nil, nil)
	settled(t, s, workflows.DocumentCheckID, nth)
	id := text(t, at(t, scheduleNamed(t, s, "document-check"), "latest").([]any)[0], "workflow_id")
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), &found))
	return found
}

// storedDocuments reads all files that documents are kept in.
func storedDocuments(t testing.TB, s *system.System) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(s.Config.DocumentsDirectory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	}))
	return files
}

func TestDocumentCheck_RestoresFiles(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.DocumentCheck.Cron = never })
	offer := newOffer(t, s, mobileOffer())
	landed := submit(t, s, newMobile(offer))
	var owners []string
	for range 3 {
		owner, _ := newClient(t, s)
		newContract(t, s, owner, offer, object{"contract_start_date": "2026-09-01"})
		owners = append(owners, owner)
	}
	draft := draftOf(t, s)
	created(t, s, contractsPath, draft)
	run := text(t, bill(t, s, september), "billing_run_id")
	invoices := 3 + 1 // The landing page's client has one, too.
	require.Equal(t, invoices, count(t, s, "SELECT count(*) FROM invoices WHERE billing_run_id = $1", run))

	// Contracts that operators provided have had no document so far; a draft is not concluded.
	require.Equal(t, documents.Checked{Contracts: 4, Invoices: int64(invoices), Issued: 3}, checkDocuments(t, s, 1))
	require.Equal(t, 3, count(t, s, "SELECT count(*) FROM contract_audit_events WHERE actor_id = 'document-check'"))
	whole := storedDocuments(t, s)
	require.Len(t, whole, 4+invoices)
	require.Equal(t, documents.Checked{Contracts: 4, Invoices: int64(invoices)}, checkDocuments(t, s, 2), "nothing is left to do")

	// One invoice was never registered, all files are lost, and one came back damaged.
	execute(t, s, "DELETE FROM documents WHERE invoice_id = (SELECT id FROM invoices WHERE client_id = $1)", owners[0])
	loseDocuments(t, s)
	var damaged uuid.UUID
	require.NoError(t, s.Pool.QueryRow(t.Context(), "SELECT id FROM invoices WHERE client_id = $1", owners[1]).Scan(&damaged))
	path := filepath.Join(s.Config.DocumentsDirectory, filepath.FromSlash(filestore.InvoiceKey(damaged)))
	require.NoError(t, os.WriteFile(path, []byte("%PDF-1.4 cut off"), 0o600))
	require.Equal(t, documents.Checked{Contracts: 4, Invoices: int64(invoices), Issued: 1, Restored: int64(4 + invoices - 1)}, checkDocuments(t, s, 3))
	require.Equal(t, whole, storedDocuments(t, s), "the same bytes as before")
	require.Equal(t, http.StatusOK, s.Call(t, http.MethodGet, text(t, landed, "document_download_url"), nil, system.Anonymous).Status)

	// A document that cannot be restored is reported, and does not stop the check.
	loseDocuments(t, s)
	execute(t, s, "UPDATE documents SET sha256 = decode(repeat('00', 32), 'hex') WHERE invoice_id = $1", damaged)
	require.Equal(t, documents.Checked{
		Contracts: 4, Invoices: int64(invoices), Restored: int64(4 + invoices - 1), Failed: 1, Failures: []string{"invoice " + damaged.String()},
	}, checkDocuments(t, s, 4))
	delete(whole, path)
	require.Equal(t, whole, storedDocuments(t, s))
}
