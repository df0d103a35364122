package landing

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// maxDraws bounds the search for a free number. With 200 million numbers, a draw
// that hits a used one eight times in a row is a sign that they have run out.
const maxDraws = 8

// allocate returns the number of a new subscription. An existing number may belong
// to a line of the client, which provisioning then upgrades; a requested or a home
// number must be free, or subscriber_identifier_conflict is the answer.
//
// Another transaction may take the number before this one commits: the unique
// constraint then refuses it.
func allocate(ctx context.Context, tx dbsqlc.DBTX, input NewSubscription) (phone.Number, error) {
	switch input.Allocation {
	case ExistingInput:
		return input.Number, nil
	case Generated:
		return draw(ctx, tx)
	}
	free, err := isFree(ctx, tx, input.Number)
	if err == nil && !free {
		err = refusal.New(refusal.SubscriberTaken)
	}
	return input.Number, err
}

// draw picks a free mobile number at random.
func draw(ctx context.Context, tx dbsqlc.DBTX) (phone.Number, error) {
	for range maxDraws {
		var random [8]byte
		_, _ = rand.Read(random[:]) // It never fails: the program ends without randomness.
		number := phone.Mobile.FromDigits(binary.BigEndian.Uint64(random[:]))
		free, err := isFree(ctx, tx, number)
		if err != nil || free {
			return number, err
		}
	}
	return "", errors.New("landing: no free mobile number found")
}

func isFree(ctx context.Context, tx dbsqlc.DBTX, number phone.Number) (bool, error) {
	_, err := dbsqlc.New().SubscriberGetByIdentifier(ctx, tx, string(number))
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("landing: look up number: %w", err)
	}
	return false, nil
}
