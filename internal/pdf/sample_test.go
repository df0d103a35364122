package pdf_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/pdf"
)

func sampleLetterhead() pdf.Letterhead {
	return pdf.Letterhead{
		Name:          "Atlas Télécom S.A.",
		AddressLines:  []string{"12, avenue Hassan II", "20000 Casablanca, Maroc"},
		Phone:         "+212 522 00 00 00",
		Email:         "facturation@atlas-telecom.example",
		Website:       "www.atlas-telecom.example",
		ICE:           "001234567000089",
		TaxID:         "12345678",
		TradeRegister: "Casablanca 123456",
		BusinessTax:   "34567890",
		BankName:      "Banque du Maroc",
		BankAccount:   "007 780 0001234567890123 45",
	}
}

func newRenderer(t testing.TB) *pdf.Renderer {
	t.Helper()
	renderer, err := pdf.NewRenderer(sampleLetterhead())
	require.NoError(t, err)
	return renderer
}

func sampleInvoice(lines int) pdf.InvoiceContent {
	content := pdf.InvoiceContent{
		InvoiceID:   uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-4f5a6b7c8d9e"),
		Number:      "FA-2026-0000001",
		IssuedAt:    time.Date(2026, 10, 31, 23, 5, 7, 0, time.UTC),
		IssueDate:   calendar.MustParse("2026-11-01"),
		DueDate:     calendar.MustParse("2026-11-15"),
		PeriodStart: calendar.MustParse("2026-10-01"),
		PeriodEnd:   calendar.MustParse("2026-10-31"),
		Client: pdf.Client{
			Type:     pdf.ClientBusiness,
			FullName: "Société Générale d'Électricité Amrani & Fils",
			ICE:      "002345678000051",
			Address:  "45, rue Ibn Battouta, Quartier Gauthier\n20060 Casablanca",
			Email:    "compta@amrani.example",
			Phone:    "+212661234567",
		},
		Currency: "MAD",
		TaxRate:  200_000,
	}
	for i := range lines {
		content.Lines = append(content.Lines, pdf.InvoiceLine{
			Description:       "Fibre 200 Méga – redevance mensuelle",
			ServiceIdentifier: "+2125220000" + strconv.Itoa(10+i%90),
			PeriodStart:       calendar.MustParse("2026-10-01"),
			PeriodEnd:         calendar.MustParse("2026-10-31"),
			Quantity:          1,
			UnitAmount:        123_450,
			Total:             123_450,
		})
		content.Subtotal += 123_450
	}
	content.Tax = content.Subtotal / 5
	content.Total = content.Subtotal + content.Tax
	return content
}

func sampleContract() pdf.ContractContent {
	return pdf.ContractContent{
		DocumentID: uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-4f5a6b7c0001"),
		ContractID: uuid.MustParse("0199f3c2-8a54-7b1e-9c3d-9f2c41a703bb"),
		Mode:       pdf.NewSubscription,
		Currency:   "MAD",
		IssuedAt:   time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC),
		IssueDate:  calendar.MustParse("2026-10-31"),
		Client: pdf.Client{
			Type:     pdf.ClientIndividual,
			FullName: "Leïla Amrani",
			CIN:      "LA100001",
			Address:  "8, rue des Orangers, Fès",
			Email:    "leila@example.ma",
			Phone:    "+212661234567",
		},
		Service: pdf.Service{Category: "mobile", Type: "mobile", Identifier: "+212708161195"},
		Offer: pdf.Offer{
			Name: "Mobile 20 Go", Version: 3, MonthlyFee: 20_550, ActivationFee: 0,
			Features: []pdf.Feature{
				{Label: "Internet mobile", Value: "20 Go"},
				{Label: "Appels", Value: "10 heures"},
			},
		},
		StartDate:        calendar.MustParse("2026-11-01"),
		CommitmentMonths: 12,
	}
}

func arabicContract() pdf.ContractContent {
	content := sampleContract()
	content.Client.FullName = "فاطمة الزهراء بنعلي"
	content.Client.Address = "شارع محمد الخامس 12، الدار البيضاء\nAppartement 4 (شقة 4), Casablanca"
	return content
}
