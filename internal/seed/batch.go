package seed

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/ledger"
)

// batchSize is the number of clients per transaction. Every batch has its own random stream, so
// another size generates other data.
const batchSize = 5_000

// actor is who made the contracts, in their audit trails.
const actor = "seed"

// The states of a client and of a subscriber that are not active.
const (
	statusSuspended  = "suspended"
	statusTerminated = "terminated"
)

// batch holds the rows of consecutive clients, oldest first.
type batch struct {
	first, end  int
	clients     []dbsqlc.ClientInsertManyParams
	subscribers []dbsqlc.SubscriberInsertManyParams
	contracts   []dbsqlc.ContractInsertManyParams
	auditEvents []dbsqlc.ContractAuditEventInsertManyParams
	prices      []dbsqlc.ContractPriceChangeInsertManyParams
}

// generator makes batches from the options. It has no state that changes.
type generator struct {
	options Options
	history history
	shelf   shelf
}

// batch makes the batch whose first client has the given index, a multiple of batchSize.
func (g generator) batch(first int) (*batch, error) {
	end := min(first+batchSize, g.options.Clients)
	b := &batch{first: first, end: end, clients: make([]dbsqlc.ClientInsertManyParams, 0, end-first)}
	draws := newRandom(g.options.Seed, uint64(first/batchSize))
	for index := first; index < end; index++ {
		if err := b.add(g, draws, index); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// add makes one client with its lines.
func (b *batch) add(g generator, r random, index int) error {
	block, since := blockOf(g.options.Seed), g.history.cameAt(index)
	person := drawParty(r, index)
	row := dbsqlc.ClientInsertManyParams{
		ID: r.id(since), CIN: new(block.cin(index)), ClientType: person.clientType, FullName: person.name,
		Address: drawAddress(r), Email: person.email, CreatedAt: since,
	}
	// A client leaves with the last contract; any other contract keeps the client.
	row.Status, row.UpdatedAt = statusTerminated, since
	mobiles := 0
	for position, serviceType := range drawLines(r) {
		number := block.fixedNumber(index)
		if serviceType == catalog.TypeMobile {
			number = block.mobileNumber(index, mobiles)
			mobiles++
		}
		if row.Phone == nil {
			row.Phone = new(string(number))
		}
		orderedAt := since.Add(time.Duration(position+1) * time.Second)
		l := g.history.drawLife(r, serviceType, since, orderedAt)
		if err := b.addLine(g, r, row.ID, serviceType, string(number), orderedAt, l); err != nil {
			return err
		}
		if l.status != contract.StatusTerminated {
			row.Status = client.StatusActive
		}
		if l.updatedAt.After(row.UpdatedAt) {
			row.UpdatedAt = l.updatedAt
		}
	}
	b.clients = append(b.clients, row)
	return nil
}

// addLine makes a subscriber, its contract and the audit event of the contract.
func (b *batch) addLine(g generator, r random, clientID uuid.UUID, serviceType catalog.ServiceType, number string, orderedAt time.Time, l life) error {
	offer := g.shelf.draw(r, serviceType, l.start)
	subscriber := dbsqlc.SubscriberInsertManyParams{
		ID: r.id(orderedAt), ClientID: clientID, ServiceType: offer.ServiceType, ServiceIdentifier: number,
		Status: subscriberStatus(l.status), CreatedAt: orderedAt, UpdatedAt: l.updatedAt,
	}
	made := dbsqlc.ContractInsertManyParams{
		ID: r.id(orderedAt), ClientID: clientID, SubscriberID: subscriber.ID, OfferID: offer.ID, Status: l.status,
		StartDate: l.start, EndDate: l.end, CommitmentMonths: l.commitmentMonths, ActivatedAt: l.activatedAt,
		TerminatedAt: l.terminatedAt, CreatedAt: orderedAt, UpdatedAt: l.updatedAt,
	}
	details, err := json.Marshal(map[string]any{
		"offer_id":      offer.ID,
		"subscriber_id": subscriber.ID,
		"start_date":    l.start,
		"status":        l.provisionedAs(),
	})
	if err != nil {
		return fmt.Errorf("seed: encode audit details: %w", err)
	}
	b.subscribers = append(b.subscribers, subscriber)
	b.contracts = append(b.contracts, made)
	b.auditEvents = append(b.auditEvents, dbsqlc.ContractAuditEventInsertManyParams{
		ID: r.id(orderedAt), ContractID: made.ID, EventType: contract.EventProvisioned, ActorID: actor,
		Details: details, CreatedAt: orderedAt,
	})
	b.prices = append(b.prices, dbsqlc.ContractPriceChangeInsertManyParams{
		// An id that is drawn would change all that is drawn after it.
		ID: uuid.NewSHA1(made.ID, []byte("price")), ContractID: made.ID, Reason: ledger.Provisioned, Source: ledger.FromSystem,
		NewAmount: offer.MonthlyFee, Currency: ledger.Currency, OfferID: &offer.ID, OfferName: &offer.Name, EffectiveDate: l.start,
		ChangedAt: orderedAt,
	})
	return nil
}

// subscriberStatus follows the contract: a line that is not activated yet is suspended.
func subscriberStatus(contractStatus contract.Status) client.SubscriberStatus {
	switch contractStatus {
	case contract.StatusActive:
		return client.SubscriberActive
	case contract.StatusTerminated:
		return statusTerminated
	default:
		return statusSuspended
	}
}

// drawLines returns the service types of a client's lines: one to three, 1.4 on
// average, of which one at most is fixed and two at most are mobile.
func drawLines(r random) []catalog.ServiceType {
	fixed := catalog.TypeFiber
	switch draw := r.IntN(100); {
	case draw < 25:
		fixed = catalog.TypeLandline
	case draw < 45:
		fixed = catalog.TypeADSL
	}
	switch draw := r.IntN(100); {
	case draw < 45:
		return []catalog.ServiceType{catalog.TypeMobile}
	case draw < 68:
		return []catalog.ServiceType{fixed}
	case draw < 84:
		return []catalog.ServiceType{catalog.TypeMobile, fixed}
	case draw < 92:
		return []catalog.ServiceType{catalog.TypeMobile, catalog.TypeMobile}
	default:
		return []catalog.ServiceType{catalog.TypeMobile, catalog.TypeMobile, fixed}
	}
}
