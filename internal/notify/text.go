package notify

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/pdf"
)

// French is the language of messages, as BCP 47 writes it.
const French = "fr"

// Seller is the operator in whose name messages are sent.
type Seller = pdf.Letterhead

// Facts are the values in a message. They are stored with it, so a message that is sent
// twice has the same text. They hold no personal data.
type Facts struct {
	// DaysPastDue counts from the due date of the oldest invoice.
	DaysPastDue int `json:"days_past_due"`
	// Total is the outstanding amount of all these invoices.
	Total    money.Amount `json:"total"`
	Invoices []Invoice    `json:"invoices"`
}

// Invoice is an overdue invoice in a message.
type Invoice struct {
	Number      string        `json:"number"`
	DueDate     calendar.Date `json:"due_date"`
	Outstanding money.Amount  `json:"outstanding"`
}

// Content is what a template is filled with.
type Content struct {
	// Name is the client's.
	Name string
	Seller
	Facts
}

//go:embed templates
var files embed.FS

// texts are the templates by name and language. Each file has a subject and a body; what
// those of a language share is in its parts.
var texts = map[string]*template.Template{}

func init() {
	functions := template.FuncMap{
		"amount": func(amount money.Amount) string { return pdf.FormatAmount(amount, "MAD") },
		"date":   pdf.FormatDate,
	}
	for _, name := range Templates() {
		name += "." + French
		texts[name] = template.Must(template.New(name).Funcs(functions).
			ParseFS(files, "templates/parts."+French+".txt", "templates/"+name+".txt"))
	}
}

// Templates names the templates that there are, in the order in which they are used.
func Templates() []string { return []string{"reminder", "warning", "suspension"} }

// Render fills a template in a language.
func Render(name, language string, content Content) (subject, body string, err error) {
	found, known := texts[name+"."+language]
	if !known {
		return "", "", fmt.Errorf("notify: no template %s in language %s", name, language)
	}
	content.Name = oneLine(content.Name)
	var parts [2]strings.Builder
	for i, part := range []string{"subject", "body"} {
		if err := found.ExecuteTemplate(&parts[i], part, content); err != nil {
			return "", "", fmt.Errorf("notify: template %s: %w", name, err)
		}
	}
	return oneLine(parts[0].String()), strings.TrimSpace(parts[1].String()) + "\n", nil
}
