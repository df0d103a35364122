package pdf

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Lines are written in reading order and in the order on paper, with Hebrew
// letters for right-to-left ones because they have no shapes to confuse.
func TestVisualOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ reading, paper string }{
		"latin":                          {"rue 12 (B)", "rue 12 (B)"},
		"one word":                       {"אבג", "גבא"},
		"two words":                      {"אב גד", "דג בא"},
		"number in right to left":        {"אב 12 גד", "דג 12 בא"},
		"number with separator":          {"אב 12,50 גד", "דג 12,50 בא"},
		"word inside latin":              {"rue אבג 12", "rue 12 גבא"},
		"latin after":                    {"rue אבג, Rabat", "rue גבא, Rabat"},
		"latin inside right to left":     {"אב Rabat גד", "דג Rabat בא"},
		"punctuation at the line's end":  {"אבג.", ".גבא"},
		"brackets are mirrored":          {"אב (גד)", "(דג) בא"},
		"brackets of latin stay":         {"Dar (אב)", "Dar (בא)"},
		"arabic number after arabic":     {"\u0628 12", "12 \u0628"},
		"quotes around right to left":    {"« אב »", "« בא »"},
		"number before right to left":    {"12 אב", "בא 12"},
		"no letters at all":              {"12 - 13", "12 - 13"},
		"nothing":                        {"", ""},
		"phone number within the script": {"אב +212 גד", "דג 212+ בא"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.paper, string(visualOrder([]rune(test.reading))), "%q", test.reading)
		})
	}
}

func FuzzVisualOrderKeepsEveryCharacter(f *testing.F) {
	f.Add("rue אבג 12, فاطمة (الزهراء) 1.5%")
	f.Fuzz(func(t *testing.T, text string) {
		sorted := func(runes []rune) []rune {
			runes = slices.Clone(runes)
			for i := range runes {
				runes[i] = min(runes[i], mirrored(runes[i]))
			}
			slices.Sort(runes)
			return runes
		}
		logical := []rune(text)
		assert.Equal(t, sorted(logical), sorted(visualOrder(logical)), "%q", text)
	})
}
