package pdf

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestArabicLettersTakeTheFormTheirNeighboursAskFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ letters, shaped string }{
		"initial, final":               {"\u0628\u0628", "\uFE91\uFE90"},
		"initial, medial, final":       {"\u0633\u0645\u0643", "\uFEB3\uFEE4\uFEDA"},
		"isolated":                     {"\u0628", "\uFE8F"},
		"alef does not join onwards":   {"\u062F\u0627\u0631", "\uFEA9\uFE8D\uFEAD"},
		"fatima":                       {"\u0641\u0627\u0637\u0645\u0629", "\uFED3\uFE8E\uFEC3\uFEE4\uFE94"},
		"a space parts words":          {"\u0628 \u0628", "\uFE8F \uFE8F"},
		"latin parts letters":          {"\u0628A\u0628", "\uFE8FA\uFE8F"},
		"lam alef alone":               {"\u0644\u0627", "\uFEFB"},
		"lam alef after a joining one": {"\u0633\u0644\u0627\u0645", "\uFEB3\uFEFC\uFEE1"},
		"lam alef with hamza":          {"\u0644\u0623", "\uFEF7"},
		"lam alef with madda, final":   {"\u0628\u0644\u0622", "\uFE91\uFEF6"},
		"hamza joins nothing":          {"\u0628\u0621\u0628", "\uFE8F\uFE80\uFE8F"},
		"tatweel joins both sides":     {"\u0628\u0640\u0628", "\uFE91\u0640\uFE90"},
		"alef maksura ends a word":     {"\u0645\u0648\u0633\u0649", "\uFEE3\uFEEE\uFEB3\uFEF0"},
		"gaf of Agadir":                {"\u0623\u06AD\u0627\u062F\u064A\u0631", "\uFE83\uFBD5\uFE8E\uFEA9\uFEF3\uFEAE"},
		"gaf, newer code point":        {"\u0623\u0763\u0627", "\uFE83\uFBD5\uFE8E"},
		"latin is left alone":          {"Fès 12", "Fès 12"},
		"nothing":                      {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.shaped, string(shapeArabic([]rune(test.letters))), "%+q", test.letters)
		})
	}
}

func TestEveryArabicFormIsInTheEmbeddedFont(t *testing.T) {
	t.Parallel()
	metrics, err := loadFontMetrics()
	assert.NoError(t, err)
	check := func(letter, isolated rune, forms int) {
		for offset := range rune(forms) {
			assert.Contains(t, metrics.fallback, isolated+offset, "form %d of %U", offset, letter)
		}
	}
	for letter, isolated := range dualJoining {
		check(letter, isolated, 4)
	}
	for letter, isolated := range rightJoining {
		check(letter, isolated, 2)
	}
	for letter, isolated := range lamAlef {
		check(letter, isolated, 2)
	}
	check(hamza, 0xFE80, 1)
	check(tatweel, tatweel, 1)
}
