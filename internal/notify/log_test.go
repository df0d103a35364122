package notify_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/notify"
)

func message(address string) notify.Message {
	return notify.Message{
		ID: uuid.Must(uuid.NewV7()), Template: "reminder", Language: notify.French,
		CreatedAt: time.Date(2026, 6, 8, 8, 0, 0, 0, time.UTC), Name: "Amina Bensaïd", Address: address,
		Subject: "Opérateur d'essai : rappel de paiement, 238,80 MAD", Body: "Bonjour Amina Bensaïd,\n\nSauf erreur de notre part…\n",
	}
}

func TestTheLogHoldsMessagesForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kept", "notifications.log")
	log, err := notify.NewLog(path)
	require.NoError(t, err)
	private := func() {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	private()
	require.NoError(t, os.Chmod(path, 0o644))

	var done sync.WaitGroup
	for range 40 {
		done.Go(func() {
			another, err := notify.NewLog(path)
			if err == nil {
				err = another.Send(t.Context(), message("amina@example.ma"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	private()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(content))
	seen := map[string]bool{}
	for lines.Scan() {
		var line map[string]string
		require.NoError(t, json.Unmarshal(lines.Bytes(), &line))
		require.Equal(t, "Bonjour Amina Bensaïd,\n\nSauf erreur de notre part…\n", line["body"])
		require.Equal(t, "amina@example.ma", line["address"])
		require.Equal(t, "2026-06-08T08:00:00Z", line["time"])
		seen[line["id"]] = true
	}
	require.Len(t, seen, 40)

	require.NoError(t, os.Rename(path, path+".1"), "it may be moved away")
	require.NoError(t, log.Send(t.Context(), message("amina@example.ma")))
	private()
}

// hostile are texts that are not an address, or contain several.
var hostile = []string{
	"", "amina", "amina@", "@example.ma", "a@example.ma, b@example.ma", "Amina <amina@example.ma>", "a@example.ma\r\nBcc: b@example.ma",
	"a@example.ma\nRCPT TO:<b@example.ma>", "<a@example.ma>", "a b@example.ma", strings.Repeat("@", 255),
}

func TestTheLogRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notifications.log")
	log, err := notify.NewLog(path)
	require.NoError(t, err)
	for _, address := range hostile {
		require.ErrorIs(t, log.Send(t.Context(), message(address)), notify.ErrAddress, "%q", address)
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, content)
}

func TestALogThatCannotBeWrittenIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	_, err := notify.NewLog(t.TempDir())
	require.ErrorContains(t, err, "open log")
}
