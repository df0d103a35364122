package seed

import "github.com/mtfacturation/mtf/internal/phone"

// MaxClients is the most clients that one seed has CINs and numbers for.
const MaxClients = 1_000_000

// blocks is the number of seeds that share no CIN and no number.
const blocks = 100

// The most lines of a client; their numbers are reserved whether used or not, so
// that a number follows from the client's index alone.
const (
	maxMobileLines = 2
	maxFixedLines  = 1
)

// scattering is a bijection of 0..size-1 that takes neighbours far apart, so that
// CINs and numbers look drawn and yet never repeat: factor and size have no
// common divisor.
type scattering struct{ size, factor, offset uint64 }

func (s scattering) at(index uint64) uint64 { return (index*s.factor + s.offset) % s.size }

// Each space holds all blocks: 100 blocks of a million clients with one CIN, two
// mobile numbers and one fixed number each. The factors are near size divided by
// the golden ratio.
var (
	cinSpace    = scattering{size: 26 * 26 * 1_000_000, factor: 417_790_977, offset: 73_519_204}
	mobileSpace = scattering{size: 2 * 100_000_000, factor: 123_606_797, offset: 61_428_035}
	fixedSpace  = scattering{size: 100_000_000, factor: 61_803_399, offset: 22_917_486}
)

// block is the part of the CIN and number spaces that belongs to a seed. Two
// blocks have nothing in common, and inside one every client has its own values.
type block uint64

func blockOf(seed uint64) block { return block(seed % blocks) }

// cin returns the CIN of the seed's client at an index, such as AB123456.
func (b block) cin(client int) string {
	value := cinSpace.at(uint64(b)*MaxClients + uint64(client))
	text := [8]byte{}
	for i := len(text) - 1; i >= 2; i-- {
		text[i] = byte('0' + value%10)
		value /= 10
	}
	text[1] = byte('A' + value%26)
	text[0] = byte('A' + value/26)
	return string(text[:])
}

// mobileNumber returns one of the client's mobile numbers; line counts from 0.
func (b block) mobileNumber(client, line int) phone.Number {
	index := (uint64(b)*maxMobileLines+uint64(line))*MaxClients + uint64(client)
	return phone.Mobile.FromDigits(mobileSpace.at(index))
}

// fixedNumber returns the client's fixed number. All start with 5: an even value
// selects the first of the two digits that a fixed number can start with.
func (b block) fixedNumber(client int) phone.Number {
	index := uint64(b)*MaxClients + uint64(client)
	return phone.Landline.FromDigits(2 * fixedSpace.at(index))
}
