package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/pdf"
)

func TestAnInvoiceShowsItsContent(t *testing.T) {
	t.Parallel()
	content := sampleInvoice(2)
	content.Lines[1].Description = "Activation (frais uniques)"
	content.Lines[1].Quantity = 3
	content.Lines[1].PeriodStart = calendar.MustParse("2026-10-15")
	rendered, err := newRenderer(t).RenderInvoice(content)
	require.NoError(t, err)
	texts := allTexts(parsePages(t, rendered))
	for _, want := range []string{
		"Atlas Télécom S.A.", "12, avenue Hassan II", "FACTURE", "N° FA-2026-0000001",
		"01/11/2026", "15/11/2026", "du 01/10/2026 au 31/10/2026",
		"Société Générale d'Électricité Amrani & Fils", "45, rue Ibn Battouta, Quartier Gauthier", "20060 Casablanca",
		"Entreprise", "002345678000051", "compta@amrani.example", "+212661234567",
		"Fibre 200 Méga – redevance mensuelle", "+212522000010", "1 234,50 MAD",
		"Activation (frais uniques)", "+212522000011 · du 15/10/2026 au 31/10/2026",
		"2 469,00 MAD", "TVA (20 %)", "493,80 MAD", "Total TTC", "2 962,80 MAD",
		"Montant de 2 962,80 MAD à régler au plus tard le 15/11/2026.", "007 780 0001234567890123 45",
		"ICE 001234567000089", "IF 12345678", "RC Casablanca 123456", "Patente 34567890", "Page 1 / 1",
	} {
		assert.Contains(t, texts, want)
	}
}

func TestAContractShowsItsContent(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	content := sampleContract()
	rendered, err := renderer.RenderContract(content)
	require.NoError(t, err)
	texts := allTexts(parsePages(t, rendered))
	for _, want := range []string{
		"CONTRAT DE SERVICE", "Réf. CT-9F2C-41A7-03BB", "Leïla Amrani", "LA100001", "Particulier", "8, rue des Orangers, Fès",
		"Mobile", "+212708161195", "Mobile 20 Go", "Internet mobile", "20 Go", "205,50 MAD", "0,00 MAD",
		"01/11/2026", "Durée indéterminée", "12 mois", "Établi le 31/10/2026.",
		content.ContractID.String(), content.DocumentID.String(),
	} {
		assert.Contains(t, texts, want)
	}

	content.Mode = pdf.PlanChange
	content.Service = pdf.Service{Category: "internet", Type: "fiber", Identifier: "+212522000010"}
	content.EndDate = calendar.MustParse("2027-10-31")
	content.CommitmentMonths = 0
	rendered, err = renderer.RenderContract(content)
	require.NoError(t, err)
	texts = allTexts(parsePages(t, rendered))
	for _, want := range []string{"CHANGEMENT D'OFFRE", "Internet", "Fibre optique", "31/10/2027", "Sans engagement"} {
		assert.Contains(t, texts, want)
	}
}

func TestLinesFlowOverPagesUnderARepeatedHeader(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for lines, wantPages := range map[int]int{0: 1, 1: 1, 10: 1, 120: 6, 400: 19} {
		content := sampleInvoice(lines)
		for i := range content.Lines {
			content.Lines[i].Description = fmt.Sprintf("Ligne numéro %d", i+1)
		}
		rendered, err := renderer.RenderInvoice(content)
		require.NoError(t, err)
		pages := parsePages(t, rendered)
		requireTextsInsidePages(t, pages)
		assert.Equal(t, wantPages, len(pages), "%d lines", lines)
		next := 1
		for i, page := range pages {
			texts := page.texts()
			if lines > 0 {
				assert.Contains(t, texts, "Désignation\n", "%d lines, page %d", lines, i+1)
				assert.Contains(t, texts, fmt.Sprintf("Ligne numéro %d\n", next), "page %d has no line", i+1)
			}
			assert.Contains(t, texts, fmt.Sprintf("Page %d / %d\n", i+1, len(pages)))
			next += strings.Count(texts, "Ligne numéro ")
		}
		assert.Equal(t, lines+1, next, "every line is printed once")
	}
}

func TestTotalsStandUnderTheLastLine(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for lines := 1; lines <= 60; lines++ {
		content := sampleInvoice(lines)
		content.Lines[lines-1].Description = "Dernière ligne"
		rendered, err := renderer.RenderInvoice(content)
		require.NoError(t, err)
		pages := parsePages(t, rendered)
		last := pages[len(pages)-1].texts()
		assert.Contains(t, last, "Dernière ligne", "%d lines", lines)
		assert.Contains(t, last, "Total TTC", "%d lines", lines)
		assert.Contains(t, last, "Modalités de paiement", "%d lines", lines)
	}
}

func TestLongTextsStayOnThePageAndApart(t *testing.T) {
	t.Parallel()
	content := sampleInvoice(3)
	content.Number = strings.Repeat("FA-2026-0000001", 5)
	content.Client.FullName = strings.Repeat("Compagnie Marocaine de Distribution ", 30)
	content.Client.Address = strings.Repeat("Résidence Al Andalous ", 100) + strings.Repeat("X", 2000)
	content.Client.Email = strings.Repeat("x", 1000) + "@example.ma"
	content.Lines[0].Description = strings.Repeat("Désignation ", 500)
	content.Lines[1].Total, content.Lines[1].UnitAmount = 1<<62, 1<<62
	content.Lines[1].Quantity = 1 << 40
	rendered, err := newRenderer(t).RenderInvoice(content)
	require.NoError(t, err)
	requireTextsInsidePages(t, parsePages(t, rendered))
}

// requireTextsInsidePages checks that texts begin inside the margins, above the
// footer, and that no two begin at the same place.
func requireTextsInsidePages(t testing.TB, pages []page) {
	t.Helper()
	for i, page := range pages {
		seen := map[[2]float64]string{}
		for _, text := range page {
			at := [2]float64{text.x, text.y}
			require.Empty(t, seen[at], "page %d: %q is over another text", i+1, text.text)
			seen[at] = text.text
			require.True(t, text.x >= 41 && text.x <= 554, "page %d: %q begins at x %v", i+1, text.text, text.x)
			if text.y < 62 { // the footer
				require.True(t, text.y > 35 && (strings.HasPrefix(text.text, "Page ") || strings.Contains(text.text, "ICE")),
					"page %d: %q is in the footer at y %v", i+1, text.text, text.y)
			}
		}
	}
}
