package pdf_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/pdf"
)

// If these sums change, a document that is rendered again no longer has the bytes whose
// SHA-256 was recorded when it was issued. Change them knowingly.
func TestBytesOfIssuedDocumentsDoNotChange(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	invoice, err := renderer.RenderInvoice(sampleInvoice(2))
	require.NoError(t, err)
	contract, err := renderer.RenderContract(sampleContract())
	require.NoError(t, err)
	arabic, err := renderer.RenderContract(arabicContract())
	require.NoError(t, err)
	assert.Equal(t, "a474ad23f279f045c6043de53ed1e9764cdbcc4ff86e4662827959588d5fae37", filestore.SHA256(invoice))
	assert.Equal(t, "d552106c13bfd1609755a45bda2b125ae4273443f89bdfe4739ded9003a3480e", filestore.SHA256(contract))
	assert.Equal(t, "9e70c231beaf023a401fb609006d4008d81b9c55bce90a8403f69744d4471091", filestore.SHA256(arabic))
}

func TestRenderingConcurrentlyGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	render := []func(*pdf.Renderer) ([]byte, error){
		func(r *pdf.Renderer) ([]byte, error) { return r.RenderInvoice(sampleInvoice(1)) },
		func(r *pdf.Renderer) ([]byte, error) { return r.RenderInvoice(sampleInvoice(250)) },
		func(r *pdf.Renderer) ([]byte, error) { return r.RenderContract(sampleContract()) },
		func(r *pdf.Renderer) ([]byte, error) { return r.RenderContract(arabicContract()) },
	}
	want := make([][]byte, len(render))
	for i := range render {
		var err error
		want[i], err = render[i](newRenderer(t)) // on its own, with nothing made before
		require.NoError(t, err)
	}
	shared := newRenderer(t)
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for round := range 12 {
				i := (worker + round*5) % len(render)
				got, err := render[i](shared)
				assert.NoError(t, err)
				assert.True(t, bytes.Equal(want[i], got), "worker %d, round %d: document %d differs", worker, round, i)
			}
		})
	}
	group.Wait()
}

func TestStoredContentRendersToTheSameBytes(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	ended := sampleContract()
	ended.EndDate = calendar.MustParse("2027-10-31")
	for _, content := range []pdf.ContractContent{sampleContract(), arabicContract(), ended} {
		want, err := renderer.RenderContract(content)
		require.NoError(t, err)
		stored, err := json.Marshal(content)
		require.NoError(t, err)
		var read pdf.ContractContent
		require.NoError(t, json.Unmarshal(stored, &read))
		got, err := renderer.RenderContract(read)
		require.NoError(t, err)
		assert.Equal(t, filestore.SHA256(want), filestore.SHA256(got), "%s", stored)
	}

	want, err := renderer.RenderInvoice(sampleInvoice(3))
	require.NoError(t, err)
	stored, err := json.Marshal(sampleInvoice(3))
	require.NoError(t, err)
	var read pdf.InvoiceContent
	require.NoError(t, json.Unmarshal(stored, &read))
	got, err := renderer.RenderInvoice(read)
	require.NoError(t, err)
	assert.Equal(t, filestore.SHA256(want), filestore.SHA256(got))
}

func TestTimeZoneOfTheTimeOfIssueDoesNotMatter(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	content := sampleInvoice(1)
	want, err := renderer.RenderInvoice(content)
	require.NoError(t, err)
	content.IssuedAt = content.IssuedAt.In(time.FixedZone("elsewhere", 9*3600))
	got, err := renderer.RenderInvoice(content)
	require.NoError(t, err)
	assert.Equal(t, filestore.SHA256(want), filestore.SHA256(got))
	assert.Contains(t, string(got), "/CreationDate (D:20261031230507)")
	assert.Contains(t, string(got), "/ModDate (D:20261031230507)")
}

func TestPropertiesOfADocument(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	rendered, err := renderer.RenderInvoice(sampleInvoice(1))
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(rendered, []byte("%PDF-1.4\n")))
	assert.Contains(t, string(rendered), "/Title (Facture FA-2026-0000001)")
	// The author has accents, so it is UTF-16 with a byte order mark.
	assert.Contains(t, string(rendered), "/Author (\xfe\xff\x00A\x00t\x00l\x00a\x00s\x00 \x00T\x00\xe9\x00l")
	assert.Contains(t, string(rendered), "/Lang (fr-MA)")
	assert.Contains(t, string(rendered), "/Producer (mtf)")

	change := sampleContract()
	change.Mode = pdf.PlanChange
	rendered, err = renderer.RenderContract(change)
	require.NoError(t, err)
	assert.Contains(t, string(rendered), "/Title (Changement d'offre CT-9F2C-41A7-03BB)")
}

func TestOnlyDocumentsThatNeedItEmbedAFont(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	plain := sampleContract()
	plain.Client.FullName = "José \U0001F600 漢" // in no font: still no reason to embed one
	for name, test := range map[string]struct {
		content pdf.ContractContent
		embeds  bool
	}{
		"latin":   {sampleContract(), false},
		"unknown": {plain, false},
		"arabic":  {arabicContract(), true},
	} {
		rendered, err := renderer.RenderContract(test.content)
		require.NoError(t, err)
		assert.Equal(t, test.embeds, bytes.Contains(rendered, []byte("/FontFile2")), name)
	}
}

func TestContentWithoutIdentityIsRefused(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for name, spoil := range map[string]func(*pdf.InvoiceContent){
		"no number":        func(c *pdf.InvoiceContent) { c.Number = "" },
		"no id":            func(c *pdf.InvoiceContent) { c.InvoiceID = uuid.Nil },
		"no time of issue": func(c *pdf.InvoiceContent) { c.IssuedAt = time.Time{} },
	} {
		content := sampleInvoice(1)
		spoil(&content)
		rendered, err := renderer.RenderInvoice(content)
		assert.ErrorContains(t, err, name)
		assert.Nil(t, rendered, name)
	}
	_, err := renderer.RenderContract(pdf.ContractContent{})
	assert.ErrorContains(t, err, "no id")

	_, err = pdf.NewRenderer(pdf.Letterhead{Name: " "})
	assert.Error(t, err)
}

func TestALetterheadOfOnlyANameIsEnough(t *testing.T) {
	t.Parallel()
	renderer, err := pdf.NewRenderer(pdf.Letterhead{Name: "Opérateur"})
	require.NoError(t, err)
	rendered, err := renderer.RenderInvoice(sampleInvoice(1))
	require.NoError(t, err)
	texts := allTexts(parsePages(t, rendered))
	assert.NotContains(t, texts, "RIB")
	assert.NotContains(t, texts, "Banque")
	assert.NotContains(t, texts, "RC ")
}

func FuzzAnyTextRenders(f *testing.F) {
	renderer := newRenderer(f)
	f.Add("Leïla Amrani", "8, rue des Orangers\nFès", "Fibre 200 Méga", "+212522000010")
	f.Add("فاطمة الزهراء", "شارع محمد الخامس 12", "أڭادير (ⵜⴰⵎⴰⵣⵉⵖⵜ)", "\U0001F468\u200D\U0001F469")
	f.Add("\x00\xff)(\\", strings.Repeat("W", 5000), strings.Repeat("ab ", 3000), "\u202E\uFFFF\uFFFE")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, name, address, description, identifier string) {
		invoice := sampleInvoice(2)
		invoice.Client.FullName, invoice.Client.Address = name, address
		invoice.Client.Email, invoice.Client.ICE = identifier, identifier
		invoice.Lines[0].Description, invoice.Lines[0].ServiceIdentifier = description, identifier
		rendered, err := renderer.RenderInvoice(invoice)
		require.NoError(t, err)
		requireTextsInsidePages(t, parsePages(t, rendered))

		contract := sampleContract()
		contract.Client.FullName, contract.Client.Address = name, address
		contract.Offer.Name, contract.Service.Identifier = description, identifier
		contract.Offer.Features = append(contract.Offer.Features, pdf.Feature{Label: name, Value: description})
		rendered, err = renderer.RenderContract(contract)
		require.NoError(t, err)
		requireTextsInsidePages(t, parsePages(t, rendered))
	})
}

func BenchmarkRenderInvoice(b *testing.B) {
	renderer, content := newRenderer(b), sampleInvoice(2)
	benchmark(b, func() ([]byte, error) { return renderer.RenderInvoice(content) })
}

func BenchmarkRenderInvoiceOf120Lines(b *testing.B) {
	renderer, content := newRenderer(b), sampleInvoice(120)
	benchmark(b, func() ([]byte, error) { return renderer.RenderInvoice(content) })
}

func BenchmarkRenderContract(b *testing.B) {
	renderer, content := newRenderer(b), sampleContract()
	benchmark(b, func() ([]byte, error) { return renderer.RenderContract(content) })
}

func BenchmarkRenderArabicContract(b *testing.B) {
	renderer, content := newRenderer(b), arabicContract()
	benchmark(b, func() ([]byte, error) { return renderer.RenderContract(content) })
}

func benchmark(b *testing.B, render func() ([]byte, error)) {
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		rendered, err := render()
		if err != nil {
			b.Fatal(err)
		}
		size = len(rendered)
	}
	b.ReportMetric(float64(size), "bytes/document")
}
