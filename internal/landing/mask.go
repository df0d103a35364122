package landing

import "strings"

const (
	mask = "***"
	// visible is how many characters of a CIN or digits of a number stay readable.
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

// MaskPhone keeps the last four digits: "+******1234". A number that has no more
// than these keeps none; no number stays none.
func MaskPhone(phone *string) *string {
	if phone == nil {
		return nil
	}
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, *phone)
	masked := "+******"
	if len(digits) > visible {
		masked += digits[len(digits)-visible:]
	}
	return &masked
}
