package seed

import (
	"strconv"
	"strings"

	"github.com/mtfacturation/mtf/internal/client"
)

// party is who a client is: a person, or a business.
type party struct {
	clientType client.Type
	name       string
	email      *string
}

// The shares of clients, in percent. Of the people, most have a Moroccan name in
// Latin script, as an identity card shows it beside the Arabic one.
const (
	businessShare = 8
	arabicShare   = 3
	frenchShare   = 12
	noEmailShare  = 4
)

// drawParty invents a client. The index keeps the e-mail addresses of namesakes apart.
func drawParty(r random, index int) party {
	if r.percent(businessShare) {
		return drawBusiness(r, index)
	}
	given, family := pick(r, moroccanGivenNames), pick(r, moroccanFamilyNames)
	drawn := party{clientType: client.TypeIndividual, name: given.latin + " " + family.latin}
	local := slug(given.latin) + "." + slug(family.latin)
	switch draw := r.IntN(100 - businessShare); {
	case draw < arabicShare:
		drawn.name = given.arabic + " " + family.arabic
	case draw < arabicShare+frenchShare:
		given, family := pick(r, frenchGivenNames), pick(r, frenchFamilyNames)
		drawn.name = given + " " + family
		local = slug(given) + "." + slug(family)
	}
	if !r.percent(noEmailShare) {
		drawn.email = new(local + strconv.Itoa(index) + "@" + pick(r, mailDomains))
	}
	return drawn
}

func drawBusiness(r random, index int) party {
	name := pick(r, businessFirstWords) + " " + pick(r, businessTrades)
	domain := slug(name) + "-" + strconv.Itoa(index) + ".example"
	return party{
		clientType: client.TypeBusiness,
		name:       name + " " + pick(r, businessForms),
		email:      new(pick(r, businessMailboxes) + "@" + domain),
	}
}

// drawAddress invents an address in a Moroccan city.
func drawAddress(r random) *string {
	city := pick(r, cities)
	address := strconv.Itoa(r.between(1, 240)) + ", " + pick(r, streets) + ", " +
		strconv.Itoa(city.firstPostcode+10*r.IntN(10)) + " " + city.name
	return &address
}

// slug writes a name with the characters of a mail address or a domain: small
// ASCII letters and hyphens.
func slug(name string) string { return slugReplacer.Replace(strings.ToLower(name)) }

var slugReplacer = strings.NewReplacer(
	" ", "-", "'", "",
	"à", "a", "â", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e",
	"î", "i", "ï", "i", "ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u",
)
