package pdf

import (
	"bytes"
	"strconv"

	"github.com/go-pdf/fpdf"
)

// Lengths are whole hundredths of a point, from the top left corner. Integers
// round alike on every processor, so a document's bytes do not depend on it.
const pt = 100

const (
	pageWidth  = 595_28 // A4
	pageHeight = 841_89

	// pageTop is the height that positions are counted down from. The hundredths
	// left out are nothing to see, and a quarter kilobyte of digits to print.
	pageTop = 842 * pt
)

// ink is a fill colour as a PDF operator.
type ink string

const (
	black  ink = "0 g"
	grey   ink = ".4 g"
	white  ink = "1 g"
	pale   ink = ".94 .96 .98 rg"
	accent ink = ".07 .23 .4 rg"
)

// typeface is how a text looks.
type typeface struct {
	face face
	size int // hundredths of a point
	ink  ink
}

// canvas draws on the pages of one document. It writes its own PDF operators for
// text, which are half as long and far cheaper than fpdf's. fpdf manages the
// pages, the fonts and the file's structure.
type canvas struct {
	doc     *fpdf.Fpdf
	metrics *fontMetrics

	// The face, fallback size, and ink that the page's content selected last. fpdf
	// selects the font again on a new page, but not the ink.
	selectedFace face
	fallbackSize int
	selectedInk  ink

	usesFallback bool
	operator     []byte // scratch
}

const noFace face = -1

// coreSize is the size at which core faces are selected. Text of another size is
// scaled where it is drawn, because selecting a font takes 60 bytes.
const coreSize = 9 * pt

func (c *canvas) addPage() {
	c.doc.AddPage()
	c.selectedInk = black
	c.write(append(c.operator[:0], ".75 G .5 w"...)) // rules
}

// resumePage continues an earlier page, numbered from 1.
func (c *canvas) resumePage(number int) {
	c.doc.SetPage(number)
	c.selectedFace, c.selectedInk = noFace, ""
}

// text draws a cleaned line with its baseline's left end at x, y.
func (c *canvas) text(x, y int, style typeface, text string) {
	runs, _ := c.metrics.typeset(text, style.face)
	c.draw(x, y, style, runs)
}

// textRight draws a cleaned line that ends at x.
func (c *canvas) textRight(x, y int, style typeface, text string) {
	runs, width := c.metrics.typeset(text, style.face)
	c.draw(x-scaled(width, style.size), y, style, runs)
}

// textFitted draws a cleaned line no wider than width, smaller if it must be,
// and below three quarters of its size shortened.
func (c *canvas) textFitted(x, y, width int, style typeface, text string) {
	c.text(x, y, style, c.fit(width, &style, text))
}

// textFittedRight is textFitted for a line that ends at x.
func (c *canvas) textFittedRight(x, y, width int, style typeface, text string) {
	fitted := c.fit(width, &style, text)
	c.textRight(x, y, style, fitted)
}

func (c *canvas) fit(width int, style *typeface, text string) string {
	natural := c.metrics.width(text, style.face)
	if scaled(natural, style.size) <= width {
		return text
	}
	smallest := style.size * 3 / 4
	style.size = max(smallest, width*1000/natural)
	if scaled(natural, style.size) <= width {
		return text
	}
	return c.metrics.shorten(text, style.face, width*1000/style.size)
}

// lines breaks the text to the width.
func (c *canvas) lines(text string, style typeface, width, maxLines int) []string {
	return c.metrics.wrap(clean(text), style.face, width*1000/style.size, maxLines)
}

func (c *canvas) draw(x, y int, style typeface, runs []run) {
	for _, run := range runs {
		c.selectInk(style.ink)
		if run.face == fallback {
			// fpdf notes the characters used, to embed only those.
			c.selectFallback(style.size)
			c.doc.Text(float64(x)/pt, float64(y-(pageTop-pageHeight))/pt, run.text)
		} else {
			c.selectCore(run.face)
			c.drawCore(x, y, style.size, run.text)
		}
		x += scaled(run.width, style.size)
	}
}

func (c *canvas) drawCore(x, y, size int, encoded string) {
	op := append(c.operator[:0], "BT "...)
	if size == coreSize {
		op = appendPoint(op, x, y)
		op = append(op, "Td("...)
	} else {
		op = appendScale(op, size)
		op = append(op, "0 0 "...)
		op = appendScale(op, size)
		op = appendPoint(op, x, y)
		op = append(op, "Tm("...)
	}
	op = appendEscaped(op, encoded)
	c.write(append(op, ")Tj ET"...))
}

// rule draws a thin horizontal line.
func (c *canvas) rule(x1, x2, y int) {
	op := appendPoint(c.operator[:0], x1, y)
	op = append(op, "m "...)
	op = appendPoint(op, x2, y)
	c.write(append(op, "l S"...))
}

// box fills a rectangle.
func (c *canvas) box(x, y, width, height int, fill ink) {
	c.selectInk(fill)
	op := appendPoint(c.operator[:0], x, y+height)
	op = appendLength(op, width)
	op = appendLength(op, height)
	c.write(append(op, "re f"...))
}

// frame outlines a rectangle with a thin line.
func (c *canvas) frame(x, y, width, height int) {
	op := appendPoint(c.operator[:0], x, y+height)
	op = appendLength(op, width)
	op = appendLength(op, height)
	c.write(append(op, "re S"...))
}

func (c *canvas) selectInk(fill ink) {
	if c.selectedInk != fill {
		c.selectedInk = fill
		c.write(append(c.operator[:0], fill...))
	}
}

func (c *canvas) selectCore(selected face) {
	if c.selectedFace == selected {
		return
	}
	c.selectedFace = selected
	style := ""
	if selected == bold {
		style = "B"
	}
	c.doc.SetFont(coreFamily, style, float64(coreSize)/pt)
}

func (c *canvas) selectFallback(size int) {
	if c.selectedFace == fallback && c.fallbackSize == size {
		return
	}
	c.selectedFace, c.fallbackSize = fallback, size
	if !c.usesFallback {
		c.usesFallback = true
		// fpdf writes into the font's bytes, so each document has its copy.
		c.doc.AddUTF8FontFromBytes(fallbackFamily, "", bytes.Clone(unicodeTTF))
	}
	c.doc.SetFont(fallbackFamily, "", float64(size)/pt)
}

func (c *canvas) write(operator []byte) {
	c.operator = operator // keep the grown buffer
	c.doc.RawWriteStr(string(operator))
}

// scaled turns thousandths of the font size into a length.
func scaled(thousandths, size int) int { return thousandths * size / 1000 }

// appendPoint appends a position, which PDF counts from the bottom left corner.
func appendPoint(op []byte, x, y int) []byte {
	return appendLength(appendLength(op, x), pageTop-y)
}

// appendLength appends a length in points and a space.
func appendLength(op []byte, length int) []byte {
	if length < 0 {
		op = append(op, '-')
		length = -length
	}
	op = strconv.AppendInt(op, int64(length/pt), 10)
	if hundredths := byte(length % pt); hundredths != 0 {
		op = append(op, '.', '0'+hundredths/10)
		if hundredths%10 != 0 {
			op = append(op, '0'+hundredths%10)
		}
	}
	return append(op, ' ')
}

// appendScale appends the size as a multiple of coreSize, in ten-thousandths,
// and a space.
func appendScale(op []byte, size int) []byte {
	scale := (size*10_000 + coreSize/2) / coreSize
	op = strconv.AppendInt(op, int64(scale/10_000), 10)
	if fraction := scale % 10_000; fraction != 0 {
		op = append(op, '.')
		for divisor := 1000; fraction != 0; divisor /= 10 {
			op = append(op, '0'+byte(fraction/divisor))
			fraction %= divisor
		}
	}
	return append(op, ' ')
}

func appendEscaped(op []byte, encoded string) []byte {
	for i := range len(encoded) {
		switch char := encoded[i]; char {
		case '(', ')', '\\':
			op = append(op, '\\', char)
		default:
			op = append(op, char)
		}
	}
	return op
}
