package pdf

import "strings"

const (
	marginX   = 42 * pt
	left      = marginX
	right     = pageWidth - marginX
	textWidth = right - left

	// Content stays above the footer.
	footerTop     = pageTop - 62*pt
	contentBottom = footerTop - 12*pt
)

// The text styles of all documents.
var (
	body        = typeface{regular, 9 * pt, black}
	strong      = typeface{bold, 9 * pt, black}
	label       = typeface{regular, 9 * pt, grey}
	contact     = typeface{regular, 8.1 * pt, grey}
	small       = typeface{regular, 7.2 * pt, grey}
	companyName = typeface{bold, 16 * pt, accent}
	titleStyle  = typeface{bold, 18 * pt, accent}
	heading     = typeface{bold, 10.8 * pt, accent}
	onAccent    = typeface{bold, 9 * pt, white}
)

const (
	bodyLeading  = 12 * pt
	smallLeading = 10 * pt

	fieldLabel = 88 * pt // width of a label beside its value

	// Nothing that a client is asked for is longer than these; they keep a page
	// usable when something is.
	maxFieldLines      = 8 // of a name, an address, a description
	maxIdentifierLines = 3 // of a number, an e-mail address
)

// sheet is a document being drawn from top to bottom: its pages with header and
// footer, and the height reached.
type sheet struct {
	canvas
	letterhead Letterhead
	title      string
	pages      int
	y          int
}

// cleanLetterhead cleans every field once, for all documents.
func cleanLetterhead(l Letterhead) Letterhead {
	var lines []string
	for _, line := range l.AddressLines {
		if line = cleanLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	l.AddressLines = lines
	for _, field := range []*string{
		&l.Name, &l.Phone, &l.Email, &l.Website, &l.ICE, &l.TaxID, &l.TradeRegister,
		&l.BusinessTax, &l.BankName, &l.BankAccount,
	} {
		*field = cleanLine(*field)
	}
	return l
}

// begin draws the first page's letterhead, with the document's kind and
// reference on the right.
func (s *sheet) begin(kind, reference string) {
	s.newPage()
	s.box(0, 0, pageWidth, 7*pt, accent)
	const half = textWidth * 55 / 100
	s.textFitted(left, 48*pt, half, companyName, s.letterhead.Name)
	s.textFittedRight(right, 48*pt, textWidth-half-10*pt, titleStyle, kind)
	s.textFittedRight(right, 64*pt, textWidth-half-10*pt, strong, reference)
	s.y = 64 * pt
	for _, line := range s.letterhead.AddressLines {
		s.textFitted(left, s.y, half, contact, line)
		s.y += smallLeading
	}
	if reach := joined(" · ", s.letterhead.Phone, s.letterhead.Email, s.letterhead.Website); reach != "" {
		s.textFitted(left, s.y, half, contact, reach)
		s.y += smallLeading
	}
	s.y = max(s.y, 74*pt) + 2*pt
	s.rule(left, right, s.y)
	s.y += 20 * pt
}

// continuePage starts a further page under a short header.
func (s *sheet) continuePage() {
	s.newPage()
	s.box(0, 0, pageWidth, 7*pt, accent)
	s.textFitted(left, 36*pt, textWidth/2, strong, s.letterhead.Name)
	s.textFittedRight(right, 36*pt, textWidth/2-10*pt, label, s.title+" (suite)")
	s.rule(left, right, 44*pt)
	s.y = 62 * pt
}

func (s *sheet) newPage() {
	s.addPage()
	s.pages++
}

// ensure starts a further page unless so much height is left on this one.
func (s *sheet) ensure(height int) {
	if s.y+height > contentBottom {
		s.continuePage()
	}
}

// finish draws the footers, now that the number of pages is known.
func (s *sheet) finish() {
	total := decimal(s.pages)
	legal := s.lines(s.legalLine(), small, textWidth-60*pt, 2)
	for page := 1; page <= s.pages; page++ {
		s.resumePage(page)
		s.rule(left, right, footerTop)
		y := footerTop + 13*pt
		s.textRight(right, y, small, "Page "+decimal(page)+" / "+total)
		for _, line := range legal {
			s.text(left, y, small, line)
			y += smallLeading
		}
	}
}

// legalLine names the operator with its registrations.
func (s *sheet) legalLine() string {
	l := s.letterhead
	return joined(" · ", l.Name, prefixed("ICE ", l.ICE), prefixed("IF ", l.TaxID),
		prefixed("RC ", l.TradeRegister), prefixed("Patente ", l.BusinessTax))
}

// field is a labelled value of a document; one without a value is left out.
type field struct{ label, value string }

// fields draws labelled values below each other in a column and returns the
// height reached. Values wrap.
func (s *sheet) fields(x, y, width, labelWidth int, list []field) int {
	for _, f := range list {
		lines := s.lines(f.value, body, width-labelWidth, maxIdentifierLines)
		if len(lines) == 0 {
			continue
		}
		s.text(x, y, label, f.label)
		for _, line := range lines {
			s.text(x+labelWidth, y, body, line)
			y += bodyLeading
		}
	}
	return y
}

// fieldsHeight is the height that fields takes.
func (s *sheet) fieldsHeight(width, labelWidth int, list []field) int {
	height := 0
	for _, f := range list {
		height += len(s.lines(f.value, body, width-labelWidth, maxIdentifierLines)) * bodyLeading
	}
	return height
}

// party draws a person's or company's block: the name in bold, then the address
// and the labelled identifiers. It returns the height reached.
func (s *sheet) party(x, y, width int, title, name, address string, identifiers []field) int {
	s.text(x, y, heading, title)
	y += 15 * pt
	for _, line := range s.lines(name, strong, width, maxFieldLines) {
		s.text(x, y, strong, line)
		y += bodyLeading
	}
	for _, line := range s.lines(address, body, width, maxFieldLines) {
		s.text(x, y, body, line)
		y += bodyLeading
	}
	return s.fields(x, y, width, 48*pt, identifiers)
}

// clientParty draws the client's block.
func (s *sheet) clientParty(x, y, width int, client Client) int {
	kind := ""
	switch client.Type {
	case ClientIndividual:
		kind = "Particulier"
	case ClientBusiness:
		kind = "Entreprise"
	}
	return s.party(x, y, width, "Client", client.FullName, client.Address, []field{
		{"Type", kind},
		{"CIN", client.CIN},
		{"ICE", client.ICE},
		{"Tél.", client.Phone},
		{"E-mail", client.Email},
	})
}

// joined joins the texts that are not empty.
func joined(separator string, texts ...string) string {
	present := texts[:0]
	for _, text := range texts {
		if text != "" {
			present = append(present, text)
		}
	}
	return strings.Join(present, separator)
}

// prefixed is prefix+text, or "" without a text.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
