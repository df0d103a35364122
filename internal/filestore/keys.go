package filestore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ErrInvalidKey is returned for a key that names no place inside a store.
var ErrInvalidKey = errors.New("document: invalid key")

// The folders of the keys.
const (
	invoiceFolder  = "invoices"
	contractFolder = "contracts"
)

// InvoiceKey is where an invoice's document is stored: "invoices/0199/9e/invoice-<id>.pdf".
//
// The first folder is the ID's first four hex digits, in a UUIDv7 a time of
// about fifty days; the second is its last two, which are random and spread what
// is made at one time. Fifty days hold two monthly runs at most: of a million
// documents each they are 7,800 to a folder. Only 256 folders are created every
// fifty days: creating a folder costs several times as much as writing a document.
func InvoiceKey(invoiceID uuid.UUID) string {
	return shardedKey(invoiceFolder, invoiceID, InvoiceFileName(invoiceID))
}

// ContractKey is where a contract document is stored: "contracts/0199/9e/contract-<document id>.pdf".
// A contract has a document for each time it is signed, so the key is the
// document's ID and not the contract's.
func ContractKey(documentID uuid.UUID) string {
	return shardedKey(contractFolder, documentID, "contract-"+documentID.String()+".pdf")
}

// IsContractKey reports whether a key belongs to a contract document.
func IsContractKey(key string) bool { return strings.HasPrefix(key, contractFolder+"/") }

func shardedKey(folder string, id uuid.UUID, fileName string) string {
	digits := id.String()
	return folder + "/" + digits[:4] + "/" + digits[len(digits)-2:] + "/" + fileName
}

// InvoiceFileName is the name a client downloads an invoice under.
func InvoiceFileName(invoiceID uuid.UUID) string { return "invoice-" + invoiceID.String() + ".pdf" }

// ContractFileName is the name a client downloads a contract document under.
func ContractFileName(contractID uuid.UUID) string {
	return "contract-" + contractID.String() + ".pdf"
}

// SHA256 returns the content's SHA-256 as 64 lower-case hex digits.
func SHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// validateKey accepts slash-separated names of ASCII letters, digits, '-', '_'
// and '.', none of which begins with a dot: so no "..", no absolute path, no
// hidden or temporary file. It returns an error that wraps ErrInvalidKey.
func validateKey(key string) error {
	const maxLength = 512
	if key == "" || len(key) > maxLength {
		return fmt.Errorf("%w: length %d", ErrInvalidKey, len(key))
	}
	for name := range strings.SplitSeq(key, "/") {
		if name == "" || name[0] == '.' || strings.IndexFunc(name, notInKey) >= 0 {
			return fmt.Errorf("%w: %q", ErrInvalidKey, key)
		}
	}
	return nil
}

func notInKey(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') &&
		r != '-' && r != '_' && r != '.'
}
