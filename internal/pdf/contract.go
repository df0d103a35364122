package pdf

const (
	sectionGap      = 16 * pt
	sectionRow      = 17 * pt
	sectionLabel    = 190 * pt
	signatureHeight = 78 * pt
)

func contractTitle(mode ContractMode) string {
	if mode == PlanChange {
		return "Changement d'offre"
	}
	return "Contrat de service"
}

func drawContract(s *sheet, content ContractContent) {
	kind := "CONTRAT DE SERVICE"
	if content.Mode == PlanChange {
		kind = "CHANGEMENT D'OFFRE"
	}
	s.begin(kind, "Réf. "+content.Reference())
	s.drawParties(content)
	s.drawAgreement(content)

	s.section("Service", []field{
		{"Catégorie", serviceName(content.Service.Category)},
		{"Type d'accès", serviceName(content.Service.Type)},
		{"Identifiant du service", content.Service.Identifier},
	})
	offer := []field{{"Offre", content.Offer.Name}}
	if content.Offer.Version > 0 {
		offer = append(offer, field{"Version", decimal(content.Offer.Version)})
	}
	for _, feature := range content.Offer.Features {
		offer = append(offer, field{feature.Label, feature.Value})
	}
	s.section("Offre souscrite", offer)

	currency := cleanLine(content.Currency)
	s.section("Conditions tarifaires (hors taxes)", []field{
		{"Redevance mensuelle", FormatAmount(content.Offer.MonthlyFee, currency)},
		{"Frais d'activation", FormatAmount(content.Offer.ActivationFee, currency)},
	})
	s.section("Durée", []field{
		{"Date d'effet", FormatDate(content.StartDate)},
		{"Date de fin", endOf(content)},
		{"Engagement", commitmentOf(content)},
	})
	s.drawSignatures(content)
}

// drawParties draws operator and client side by side.
func (s *sheet) drawParties(content ContractContent) {
	const column = textWidth/2 - 12*pt
	l := s.letterhead
	address := ""
	for i, line := range l.AddressLines {
		if i > 0 {
			address += "\n"
		}
		address += line
	}
	operator := s.party(left, s.y, column, "Opérateur", l.Name, address, []field{
		{"ICE", l.ICE},
		{"RC", l.TradeRegister},
		{"Tél.", l.Phone},
		{"E-mail", l.Email},
	})
	const clientLeft = left + textWidth/2 + 12*pt
	client := s.clientParty(clientLeft, s.y, right-clientLeft, content.Client)
	s.y = max(operator, client) + 14*pt
}

func (s *sheet) drawAgreement(content ContractContent) {
	text := "L'opérateur fournit au client désigné ci-dessus le service décrit ci-dessous, selon l'offre et aux " +
		"conditions tarifaires indiquées."
	if content.Mode == PlanChange {
		text = "À compter de la date d'effet, l'offre décrite ci-dessous remplace l'offre en cours du client désigné " +
			"ci-dessus pour le service indiqué."
	}
	for _, line := range s.lines(text, body, textWidth, maxFieldLines) {
		s.text(left, s.y, body, line)
		s.y += bodyLeading
	}
}

// section draws a titled table of labelled values. The title stays with the
// first row; rows without a value are left out.
func (s *sheet) section(title string, rows []field) {
	s.ensure(sectionGap + 8*pt + 3*sectionRow)
	s.y += sectionGap
	s.text(left, s.y, heading, title)
	s.y += 6 * pt
	s.rule(left, right, s.y)
	for _, row := range rows {
		const valueLeft = left + sectionLabel
		values := s.lines(row.value, body, right-valueLeft, maxFieldLines)
		if len(values) == 0 {
			continue
		}
		labels := s.lines(row.label, label, sectionLabel-10*pt, maxFieldLines)
		height := sectionRow + (max(len(values), len(labels))-1)*bodyLeading
		if s.y+height > contentBottom {
			s.continuePage()
			s.rule(left, right, s.y)
		}
		for i, line := range labels {
			s.text(left, s.y+12*pt+i*bodyLeading, label, line)
		}
		for i, line := range values {
			s.text(valueLeft, s.y+12*pt+i*bodyLeading, body, line)
		}
		s.y += height
		s.rule(left, right, s.y)
	}
}

// drawSignatures draws the place to sign, with the identifiers that lead back
// from the paper to the records.
func (s *sheet) drawSignatures(content ContractContent) {
	const column = textWidth/2 - 8*pt
	s.ensure(sectionGap + 8*pt + signatureHeight + 3*smallLeading)
	s.y += sectionGap + 8*pt
	if date := FormatDate(content.IssueDate); date != "" {
		s.text(left, s.y, body, "Établi le "+date+".")
	}
	s.y += 10 * pt
	s.frame(left, s.y, column, signatureHeight)
	s.frame(right-column, s.y, column, signatureHeight)
	s.textFitted(left+8*pt, s.y+14*pt, column-16*pt, label, "Pour "+s.letterhead.Name)
	s.text(right-column+8*pt, s.y+14*pt, label, "Le client (date et signature)")
	s.y += signatureHeight + 14*pt
	s.text(left, s.y, small, "Contrat "+content.ContractID.String()+" · Document "+content.DocumentID.String())
}

func endOf(content ContractContent) string {
	if content.EndDate.IsZero() {
		return "Durée indéterminée"
	}
	return FormatDate(content.EndDate)
}

func commitmentOf(content ContractContent) string {
	if content.CommitmentMonths <= 0 {
		return "Sans engagement"
	}
	return decimal(content.CommitmentMonths) + " mois"
}

// serviceName is the French name of a service category or type; an unknown code
// is its own name.
func serviceName(code string) string {
	switch code {
	case "mobile":
		return "Mobile"
	case "internet":
		return "Internet"
	case "landline":
		return "Téléphonie fixe"
	case "fiber":
		return "Fibre optique"
	case "adsl":
		return "ADSL"
	case "tv":
		return "Télévision"
	case "addon":
		return "Option"
	}
	return code
}
