package client

import "strings"

// emailMask stands for what is hidden of an address.
const emailMask = "***"

// MaskEmail keeps the first character and the domain: "a***@example.com". Of what
// is no address nothing is kept; no address stays none.
func MaskEmail(email *string) *string {
	if email == nil {
		return nil
	}
	masked := emailMask
	if at := strings.LastIndexByte(*email, '@'); at >= 0 {
		local := []rune((*email)[:at])
		masked = string(local[:min(1, len(local))]) + emailMask + (*email)[at:]
	}
	return &masked
}
