package landing

import "github.com/mtfacturation/mtf/internal/phone"

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

// MaskPhone keeps the last four digits: "+******1234". No number stays none.
func MaskPhone(number *string) *string {
	if number == nil {
		return nil
	}
	masked := phone.Mask(*number)
	return &masked
}
