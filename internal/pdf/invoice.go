package pdf

// The columns of the lines table: the description takes what the right-aligned
// ones leave.
const (
	cellPadding   = 6 * pt
	totalRight    = right - cellPadding
	amountWidth   = 88 * pt
	unitRight     = totalRight - amountWidth - 8*pt
	quantityRight = unitRight - amountWidth - 8*pt
	quantityWidth = 32 * pt
	describedLeft = left + cellPadding
	describedSpan = quantityRight - quantityWidth - 8*pt - describedLeft

	tableHeaderHeight = 20 * pt
	totalsWidth       = 236 * pt
	totalsRow         = 18 * pt
	totalsHeight      = 10*pt + 3*totalsRow
	paymentWidth      = textWidth - totalsWidth - 20*pt
)

var (
	amountDue  = typeface{bold, 15 * pt, accent}
	grandTotal = typeface{bold, 11 * pt, white}
)

func drawInvoice(s *sheet, content InvoiceContent) {
	s.begin("FACTURE", "N° "+cleanLine(content.Number))
	meta := s.fields(left, s.y, 250*pt, fieldLabel, []field{
		{"Date d'émission", FormatDate(content.IssueDate)},
		{"Période", formatPeriod(content.PeriodStart, content.PeriodEnd)},
		{"Échéance", FormatDate(content.DueDate)},
	})
	const clientLeft = left + 276*pt
	client := s.clientParty(clientLeft, s.y, right-clientLeft, content.Client)
	s.y = max(meta, client) + 6*pt

	s.drawAmountDue(content)

	payment := s.layoutPayment(content)
	closing := max(totalsHeight, payment.height)
	for i, line := range content.Lines {
		row := s.layoutRow(line, content)
		needed := row.height
		if i == len(content.Lines)-1 {
			needed += closing // the totals never stand alone on a page
		}
		if i == 0 {
			s.ensure(tableHeaderHeight + needed)
			s.tableHeader()
		} else if s.y+needed > contentBottom {
			s.continuePage()
			s.tableHeader()
		}
		s.drawRow(row)
	}
	s.ensure(closing)
	s.drawPayment(payment)
	s.drawTotals(content)
}

// drawAmountDue draws the band with what the client has to do: how much, and by when.
func (s *sheet) drawAmountDue(content InvoiceContent) {
	const height = 44 * pt
	s.ensure(height)
	s.box(left, s.y, textWidth, height, pale)
	s.text(left+12*pt, s.y+15*pt, label, "Montant à payer (TTC)")
	s.textRight(right-12*pt, s.y+15*pt, label, "À régler au plus tard le")
	const half = textWidth/2 - 20*pt
	s.textFitted(left+12*pt, s.y+34*pt, half, amountDue, FormatAmount(content.Total, cleanLine(content.Currency)))
	s.textFittedRight(right-12*pt, s.y+34*pt, half, amountDue, FormatDate(content.DueDate))
	s.y += height + 14*pt
}

func (s *sheet) tableHeader() {
	s.box(left, s.y, textWidth, tableHeaderHeight, accent)
	baseline := s.y + 13*pt
	s.text(describedLeft, baseline, onAccent, "Désignation")
	s.textRight(quantityRight, baseline, onAccent, "Qté")
	s.textRight(unitRight, baseline, onAccent, "Prix unitaire HT")
	s.textRight(totalRight, baseline, onAccent, "Total HT")
	s.y += tableHeaderHeight
}

// invoiceRow is one line of the table, laid out before it is known whether it
// fits the page.
type invoiceRow struct {
	description           []string
	details               []string
	quantity, unit, total string
	height                int
}

func (s *sheet) layoutRow(line InvoiceLine, content InvoiceContent) invoiceRow {
	currency := cleanLine(content.Currency)
	row := invoiceRow{
		description: s.lines(line.Description, body, describedSpan, maxFieldLines),
		quantity:    decimal(line.Quantity),
		unit:        FormatAmount(line.UnitAmount, currency),
		total:       FormatAmount(line.Total, currency),
	}
	period := ""
	if line.PeriodStart != content.PeriodStart || line.PeriodEnd != content.PeriodEnd {
		period = formatPeriod(line.PeriodStart, line.PeriodEnd)
	}
	details := joined(" · ", clean(line.ServiceIdentifier), period)
	row.details = s.lines(details, small, describedSpan, 2)
	row.height = 9*pt + max(1, len(row.description))*bodyLeading + len(row.details)*smallLeading
	return row
}

func (s *sheet) drawRow(row invoiceRow) {
	y := s.y + 14*pt
	for i, line := range row.description {
		s.text(describedLeft, y+i*bodyLeading, body, line)
	}
	s.textFittedRight(quantityRight, y, quantityWidth, body, row.quantity)
	s.textFittedRight(unitRight, y, amountWidth, body, row.unit)
	s.textFittedRight(totalRight, y, amountWidth, body, row.total)
	y += len(row.description)*bodyLeading - 1*pt
	for i, line := range row.details {
		s.text(describedLeft, y+i*smallLeading, small, line)
	}
	s.y += row.height
	s.rule(left, right, s.y)
}

// drawTotals draws the sums on the right.
func (s *sheet) drawTotals(content InvoiceContent) {
	currency := cleanLine(content.Currency)
	const (
		boxLeft   = right - totalsWidth
		labelLeft = boxLeft + cellPadding
		span      = totalsWidth - 2*cellPadding - 90*pt
	)
	y := s.y + 6*pt
	for _, row := range []field{
		{"Total HT", FormatAmount(content.Subtotal, currency)},
		{"TVA (" + formatRate(content.TaxRate) + ")", FormatAmount(content.Tax, currency)},
	} {
		s.text(labelLeft, y+13*pt, body, row.label)
		s.textFittedRight(totalRight, y+13*pt, span, body, row.value)
		y += totalsRow
	}
	y += 4 * pt
	s.box(boxLeft, y, totalsWidth, totalsRow, accent)
	s.text(labelLeft, y+13*pt, grandTotal, "Total TTC")
	s.textFittedRight(totalRight, y+13*pt, span, grandTotal, FormatAmount(content.Total, currency))
}

// payment holds the payment instructions, taken from the letterhead.
type payment struct {
	demand []string
	fields []field
	height int
}

func (s *sheet) layoutPayment(content InvoiceContent) payment {
	demand := "Montant de " + FormatAmount(content.Total, cleanLine(content.Currency)) +
		" à régler au plus tard le " + FormatDate(content.DueDate) + "."
	p := payment{
		demand: s.lines(demand, body, paymentWidth, maxFieldLines),
		fields: []field{{"Référence", content.Number}},
	}
	if s.letterhead.BankAccount != "" {
		p.fields = append(p.fields,
			field{"Virement (RIB)", s.letterhead.BankAccount},
			field{"Banque", s.letterhead.BankName},
			field{"Bénéficiaire", s.letterhead.Name})
	}
	p.height = 34*pt + len(p.demand)*bodyLeading + s.fieldsHeight(paymentWidth, fieldLabel, p.fields)
	return p
}

// drawPayment draws the instructions to the left of the sums.
func (s *sheet) drawPayment(p payment) {
	y := s.y + 19*pt
	s.text(left, y, heading, "Modalités de paiement")
	y += 15 * pt
	for _, line := range p.demand {
		s.text(left, y, body, line)
		y += bodyLeading
	}
	s.fields(left, y, paymentWidth, fieldLabel, p.fields)
}
