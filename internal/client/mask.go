package client

import "strings"

// emailMask replaces the hidden part of an address.
const emailMask = "***"

// MaskEmail keeps the first character and the domain: "a***@example.com". It hides
// all of an invalid address, and returns nil for nil.
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
