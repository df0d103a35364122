package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-pdf/fpdf"
	"github.com/google/uuid"
)

// pdfHeader is what every document begins with. fpdf announces 1.3, whose
// features are all that its output uses besides the language entry of 1.4.
const pdfHeader = "%PDF-1.4"

const producer = "mtf"

// Renderer makes PDF documents with one operator's letterhead. It is safe for
// concurrent use, and the same content always gives the same bytes.
type Renderer struct {
	letterhead Letterhead
	metrics    *fontMetrics
	primed     sync.Pool // of *fpdf.Fpdf
}

// NewRenderer returns a renderer for the operator. It fails if the letterhead
// has no name or the embedded font cannot be read.
func NewRenderer(letterhead Letterhead) (*Renderer, error) {
	letterhead = cleanLetterhead(letterhead)
	if letterhead.Name == "" {
		return nil, errors.New("document: the letterhead has no name")
	}
	metrics, err := loadFontMetrics()
	if err != nil {
		return nil, fmt.Errorf("document: load fonts: %w", err)
	}
	return &Renderer{
		letterhead: letterhead,
		metrics:    metrics,
		primed:     sync.Pool{New: func() any { return primeDocument() }},
	}, nil
}

// RenderInvoice makes an invoice. It fails if the content has no ID, number or
// time of issue; text that cannot be written never fails, it shows as "?".
func (r *Renderer) RenderInvoice(content InvoiceContent) ([]byte, error) {
	number := cleanLine(content.Number)
	if number == "" {
		return nil, fmt.Errorf("document: invoice %s: no number", content.InvoiceID)
	}
	title := "Facture " + number
	pdf, err := r.render(content.InvoiceID, title, content.IssuedAt, func(s *sheet) { drawInvoice(s, content) })
	if err != nil {
		return nil, fmt.Errorf("document: invoice %s: %w", content.InvoiceID, err)
	}
	return pdf, nil
}

// RenderContract makes a contract document. It fails if the content has no
// document ID or time of issue; text that cannot be written never fails, it
// shows as "?".
func (r *Renderer) RenderContract(content ContractContent) ([]byte, error) {
	title := contractTitle(content.Mode) + " " + content.Reference()
	pdf, err := r.render(content.DocumentID, title, content.IssuedAt, func(s *sheet) { drawContract(s, content) })
	if err != nil {
		return nil, fmt.Errorf("document: contract document %s: %w", content.DocumentID, err)
	}
	return pdf, nil
}

func (r *Renderer) render(id uuid.UUID, title string, issuedAt time.Time, draw func(*sheet)) ([]byte, error) {
	if id == uuid.Nil {
		return nil, errors.New("no id")
	}
	if issuedAt.IsZero() {
		return nil, errors.New("no time of issue")
	}
	primed := r.primed.Get().(*fpdf.Fpdf)
	doc := *primed
	doc.SetTitle(metadata(title))
	doc.SetAuthor(metadata(r.letterhead.Name))
	doc.SetCreationDate(issuedAt.UTC())
	doc.SetModificationDate(issuedAt.UTC())

	s := &sheet{
		canvas:     canvas{doc: &doc, metrics: r.metrics, selectedFace: regular},
		letterhead: r.letterhead,
		title:      title,
	}
	draw(s)
	s.finish()

	var pdf bytes.Buffer
	pdf.Grow(8 << 10)
	if err := doc.Output(&pdf); err != nil {
		return nil, err
	}
	if !s.usesFallback {
		r.primed.Put(primed)
	}
	copy(pdf.Bytes(), pdfHeader)
	return pdf.Bytes(), nil
}

// primeDocument makes an empty document with the core fonts loaded, which costs
// more than drawing an invoice. Each document is drawn on a copy of one. A copy
// shares the original's maps, so only one copy exists at a time. The next copy
// overwrites the page and object numbers that it leaves in them. An added font
// would stay: a primed document whose copy got one is not used again.
func primeDocument() *fpdf.Fpdf {
	doc := fpdf.New("P", "pt", "A4", "")
	doc.SetProducer(producer, false)
	doc.SetLang("fr-MA")
	doc.SetCatalogSort(true)
	// Compressing costs several times what drawing does and saves a few kilobytes.
	doc.SetCompression(false)
	doc.SetAutoPageBreak(false, 0)
	doc.SetFont(coreFamily, "B", float64(coreSize)/pt)
	doc.SetFont(coreFamily, "", float64(coreSize)/pt)
	return doc
}

// metadata returns a text for the document's properties and whether fpdf has to
// write it as UTF-16. fpdf's conversion does not support characters beyond U+FFFF.
func metadata(text string) (string, bool) {
	if isASCII(text) {
		return text, false
	}
	var short []rune
	for _, r := range text {
		if utf8.RuneLen(r) > 3 {
			r = missing
		}
		short = append(short, r)
	}
	return string(short), true
}
