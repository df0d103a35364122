package documents

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/phone"
)

// contractContent is what a contract document shows, taken from the rows as they are now.
func contractContent(id uuid.UUID, parties contract.Parties, mode pdf.ContractMode,
	issuedAt time.Time, issueDate calendar.Date,
) pdf.ContractContent {
	shown := pdf.ContractContent{
		DocumentID: id,
		ContractID: parties.Contract.ID,
		Mode:       mode,
		Currency:   billing.Currency,
		IssuedAt:   issuedAt.UTC().Truncate(time.Second),
		IssueDate:  issueDate,
		Client: pdf.Client{
			Type:     pdf.ClientType(parties.Client.ClientType),
			FullName: parties.Client.FullName,
			CIN:      text(parties.Client.CIN),
			Address:  text(parties.Client.Address),
			// Anyone who knows a CIN gets this document, so it shows no more of the contact
			// than a lookup does.
			Email: text(client.MaskEmail(parties.Client.Email)),
			Phone: maskedPhone(parties.Client.Phone),
		},
		Service: pdf.Service{
			Category:   string(parties.Offer.ServiceCategory),
			Type:       string(parties.Offer.ServiceType),
			Identifier: parties.Subscriber.ServiceIdentifier,
		},
		Offer: pdf.Offer{
			Name:          parties.Offer.Name,
			Version:       int(parties.Offer.Version),
			MonthlyFee:    parties.Offer.MonthlyFee,
			ActivationFee: parties.Offer.ActivationFee,
			Features:      features(parties.Offer),
		},
		StartDate: parties.Contract.StartDate,
	}
	if parties.Contract.EndDate != nil {
		shown.EndDate = *parties.Contract.EndDate
	}
	if parties.Contract.CommitmentMonths != nil {
		shown.CommitmentMonths = int(*parties.Contract.CommitmentMonths)
	}
	return shown
}

func maskedPhone(number *string) string {
	if number == nil || *number == "" {
		return ""
	}
	return phone.Mask(*number)
}

// features lists what an offer includes, in the words of the printed contract.
func features(offer dbsqlc.Offer) []pdf.Feature {
	var list []pdf.Feature
	add := func(label string, quantity *int32, unit string) {
		if quantity != nil {
			list = append(list, pdf.Feature{Label: label, Value: fmt.Sprintf("%d %s", *quantity, unit)})
		}
	}
	include := func(label string, included bool) {
		if included {
			list = append(list, pdf.Feature{Label: label, Value: "Inclus"})
		}
	}
	add("Internet mobile", offer.MobileDataGB, "Go")
	add("Appels mobiles", offer.MobileCallsHours, "h")
	add("Débit fibre", offer.InternetFiberSpeedMbps, "Mb/s")
	add("Débit ADSL", offer.InternetADSLSpeedMbps, "Mb/s")
	include("Ligne fixe", offer.InternetLandlineIncluded)
	include("Télévision", offer.InternetTVIncluded)
	include("Appels nationaux", offer.LandlineNationalIncluded)
	add("Appels internationaux", offer.LandlineInternationalHours, "h")
	add("Appels fixes", offer.LandlinePhoneHours, "h")
	return list
}

// invoiceContent is what an invoice document shows, taken from the invoice's own rows only.
func invoiceContent(invoice dbsqlc.Invoice, lines []dbsqlc.InvoiceLine) pdf.InvoiceContent {
	shown := pdf.InvoiceContent{
		InvoiceID:   invoice.ID,
		Number:      invoice.Number,
		IssuedAt:    invoice.IssuedAt.UTC().Truncate(time.Second),
		IssueDate:   invoice.IssueDate,
		DueDate:     invoice.DueDate,
		PeriodStart: invoice.PeriodStart,
		PeriodEnd:   invoice.PeriodEnd,
		Client: pdf.Client{
			Type:     pdf.ClientType(invoice.ClientType),
			FullName: invoice.ClientName,
			CIN:      text(invoice.ClientCIN),
			Address:  text(invoice.ClientAddress),
		},
		Currency: invoice.Currency,
		Lines:    make([]pdf.InvoiceLine, len(lines)),
		Subtotal: invoice.SubtotalAmount,
		TaxRate:  invoice.TaxRate,
		Tax:      invoice.TaxAmount,
		Total:    invoice.TotalAmount,
	}
	for i, line := range lines {
		shown.Lines[i] = pdf.InvoiceLine{
			Description:       line.Description,
			ServiceIdentifier: line.ServiceIdentifier,
			Quantity:          int(line.Quantity),
			UnitAmount:        line.UnitAmount,
			Total:             line.LineTotal,
		}
		if days := line.BilledDays; days.Valid {
			shown.Lines[i].PeriodStart = dateOf(days.Lower)
			// PostgreSQL keeps a range of days with its upper end excluded.
			shown.Lines[i].PeriodEnd = dateOf(days.Upper).AddDays(-1)
		}
	}
	return shown
}

func dateOf(day pgtype.Date) calendar.Date {
	return calendar.NewDate(day.Time.Year(), day.Time.Month(), day.Time.Day())
}

func text(optional *string) string {
	if optional == nil {
		return ""
	}
	return *optional
}
