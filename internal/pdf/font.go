package pdf

import (
	_ "embed"
	"encoding/binary"
	"errors"

	"github.com/go-pdf/fpdf"
)

// unicodeTTF is DejaVu Sans, see fonts/README.md.
//
//go:embed fonts/DejaVuSans.ttf
var unicodeTTF []byte

// face is one of the fonts a document may use.
type face int

const (
	// regular and bold are Helvetica, a font every PDF reader has. They write
	// the characters of Windows code page 1252.
	regular face = iota
	bold
	// fallback is DejaVu Sans, embedded in a document that needs it. It has no
	// bold: names in other scripts are written in one weight.
	fallback
)

const (
	coreFamily     = "helvetica"
	fallbackFamily = "dejavu"
)

// fontMetrics holds the advance widths of all fonts in thousandths of the font
// size. It is read-only once made.
type fontMetrics struct {
	core     [2][256]int  // by face and cp1252 byte
	fallback map[rune]int // exactly the characters the font has
}

func loadFontMetrics() (*fontMetrics, error) {
	metrics := &fontMetrics{}
	doc := fpdf.New("P", "pt", "A4", "")
	for i, style := range []string{regular: "", bold: "B"} {
		doc.SetFont(coreFamily, style, 10)
		for char := 1; char < 256; char++ {
			metrics.core[i][char] = doc.GetStringSymbolWidth(string([]byte{byte(char)}))
		}
	}
	if err := doc.Error(); err != nil {
		return nil, err
	}
	var err error
	metrics.fallback, err = readAdvances(unicodeTTF)
	return metrics, err
}

var errFont = errors.New("document: the embedded font is not a TrueType font with a format 4 character map")

// readAdvances reads the advance width of every character of a TrueType font.
func readAdvances(ttf []byte) (advances map[rune]int, err error) {
	defer func() {
		if recover() != nil { // an offset beyond the file
			advances, err = nil, errFont
		}
	}()
	u16 := func(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	u32 := func(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }

	tables := map[string][]byte{}
	for i := range u16(ttf, 4) {
		entry := ttf[12+16*i:]
		tables[string(entry[:4])] = ttf[u32(entry, 8):][:u32(entry, 12)]
	}
	unitsPerEm := u16(tables["head"], 18)
	longMetrics := u16(tables["hhea"], 34)
	advance := func(glyph int) int {
		units := u16(tables["hmtx"], 4*min(glyph, longMetrics-1))
		return (units*1000 + unitsPerEm/2) / unitsPerEm
	}

	cmap := tables["cmap"]
	for i := range u16(cmap, 2) {
		table := cmap[u32(cmap, 4+8*i+4):]
		if u16(table, 0) != 4 {
			continue
		}
		advances = map[rune]int{}
		segments := u16(table, 6) / 2
		ends, starts := table[14:], table[16+2*segments:]
		deltas, offsets := starts[2*segments:], starts[4*segments:]
		for s := range segments {
			for char := u16(starts, 2*s); char <= u16(ends, 2*s) && char != 0xFFFF; char++ {
				glyph := char
				if offset := u16(offsets, 2*s); offset != 0 {
					glyph = u16(offsets, 2*s+offset+2*(char-u16(starts, 2*s)))
				}
				if glyph = (glyph + u16(deltas, 2*s)) & 0xFFFF; glyph != 0 {
					advances[rune(char)] = advance(glyph)
				}
			}
		}
		return advances, nil
	}
	return nil, errFont
}
