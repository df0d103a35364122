package db

import "github.com/google/uuid"

// NewID returns a new UUIDv7: ids that one process generates are in the order of
// their creation, which keeps inserts at the end of an index. It never fails:
// crypto/rand, from which the random part comes, does not return errors.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
