package landing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/landing"
)

func TestACINIsMaskedButForItsEnds(t *testing.T) {
	t.Parallel()
	for cin, want := range map[string]string{
		"LA100001": "LA***01", "AB123": "AB***23", "AB12": "A***", "A": "A***", "": "***", "ÉÀ٠١٢٣": "ÉÀ***٢٣", "ÉÀ12": "É***",
	} {
		assert.Equal(t, want, landing.MaskCIN(cin), cin)
	}
}

func TestAPhoneIsMaskedButForItsLastFourDigits(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"0661000001": "+******0001", "+212 6 61-00.12 34": "+******1234", "06 61 00 1 2 3 4": "+******1234", "0661000001 ext": "+******0001",
		"12345": "+******2345", "1234": "+******", "12": "+******", "none": "+******", "": "+******",
	} {
		assert.Equal(t, want, *landing.MaskPhone(&phone), phone)
	}
	assert.Nil(t, landing.MaskPhone(nil))
}
