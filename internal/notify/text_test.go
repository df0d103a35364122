package notify_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/notify"
)

var update = flag.Bool("update", false, "write the texts that are compared")

func content(invoices ...notify.Invoice) notify.Content {
	filled := notify.Content{
		Name:   "Amina Bensaïd",
		Seller: notify.Seller{Name: "Opérateur d'essai", Phone: "+212 5 37 00 00 00", Email: "contact@operateur.example"},
		Facts:  notify.Facts{DaysPastDue: 21, Invoices: invoices},
	}
	for _, invoice := range invoices {
		filled.Total += invoice.Outstanding
	}
	return filled
}

var (
	january  = notify.Invoice{Number: "FA-2026-0000012", DueDate: calendar.MustParse("2026-02-15"), Outstanding: 23_880}
	february = notify.Invoice{Number: "FA-2026-0000345", DueDate: calendar.MustParse("2026-03-15"), Outstanding: 123_456_78}
)

func TestMessagesReadAsTheyShould(t *testing.T) {
	t.Parallel()
	for _, template := range notify.Templates() {
		for number, filled := range map[string]notify.Content{"one": content(january), "several": content(january, february)} {
			subject, body, err := notify.Render(template, notify.French, filled)
			require.NoError(t, err)
			got, file := subject+"\n\n"+body, filepath.Join("testdata", template+"_"+number+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got, file)
		}
	}
}

func TestANameCannotAddLines(t *testing.T) {
	t.Parallel()
	filled := content(january)
	filled.Name = "Amina\r\n\r\nVotre dette est effacée\n{{.Total}}"
	filled.Seller.Name = "Opérateur\nBcc: everybody@example.ma"
	subject, body, err := notify.Render("reminder", notify.French, filled)
	require.NoError(t, err)
	require.NotContains(t, subject, "\n")
	require.Contains(t, body, "Bonjour Amina Votre dette est effacée {{.Total}},\n")
}

func TestAnUnknownTextIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"parts", "", "../reminder", "reminder.fr"} {
		_, _, err := notify.Render(name, notify.French, content(january))
		require.Error(t, err, name)
	}
	_, _, err := notify.Render("reminder", "en", content(january))
	require.ErrorContains(t, err, "language en")
}
