package landing

import (
	"strings"

	"github.com/mtfacturation/mtf/internal/phone"
)

const (
	mask = "***"
	// visible is how many characters of a CIN stay readable.
	visible = 4
)

// MaskCIN keeps the first two and the last two characters: "LA***01". A CIN that
// this would show whole keeps its first character only.
func MaskCIN(cin string) string {
	characters := []rune(cin)
	if len(characters) <= visible {
		return string(characters[:min(1, len(characters))]) + mask
	}
	return string(characters[:visible/2]) + mask + string(characters[len(characters)-visible/2:])
}

// MaskEmail keeps the first character and the domain: "a***@example.com". Of what
// is no address nothing is kept; no address stays none.
func MaskEmail(email *string) *string {
	if email == nil {
		return nil
	}
	masked := mask
	if at := strings.LastIndexByte(*email, '@'); at >= 0 {
		local := []rune((*email)[:at])
		masked = string(local[:min(1, len(local))]) + mask + (*email)[at:]
	}
	return &masked
}

// MaskPhone keeps the last four digits: "+******1234". No number stays none.
func MaskPhone(number *string) *string {
	if number == nil {
		return nil
	}
	masked := phone.Mask(*number)
	return &masked
}
