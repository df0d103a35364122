package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) offerRoutes() {
	const tag = "Catalogue"
	register(s, operation{id: "createOffer", access: writers, method: http.MethodPost, path: "/api/v1/offers", tag: tag,
		summary: "Create an offer",
		description: "The service type follows from the category and the access type. A mobile offer includes data or calls, " +
			"an internet offer has exactly one access type with its speed, a landline offer includes national, " +
			"international or phone hours. What belongs to another category is ignored. Name, category and version " +
			"together are unique.",
		success: "The new offer.", refusals: []refusal.Code{refusal.OfferVersionConflict}}, s.createOffer)
	register(s, operation{id: "listOffers", access: readers, method: http.MethodGet, path: "/api/v1/offers", tag: tag,
		summary:     "List offers, newest first",
		description: "All offers, retired ones included.",
		success:     "A page of offers.", list: offerList.keys()}, s.listOffers)
	register(s, operation{id: "getOffer", access: readers, method: http.MethodGet, path: "/api/v1/offers/{offer_id}", tag: tag,
		summary:     "Get an offer",
		description: "An offer with what it includes.",
		success:     "The offer.", refusals: []refusal.Code{refusal.OfferNotFound}}, s.getOffer)
	register(s, operation{id: "updateOffer", access: writers, method: http.MethodPut, path: "/api/v1/offers/{offer_id}", tag: tag,
		summary: "Change what is sent of an offer; the whole is checked again",
		description: "What is sent is merged over what is stored, and the whole is checked as for a new offer. Contracts on " +
			"the offer are billed by its new fees from the next run on; issued invoices do not change.",
		success:  "The offer as it is now.",
		refusals: []refusal.Code{refusal.OfferNotFound, refusal.OfferVersionConflict}}, s.updateOffer)
	register(s, operation{id: "deleteOffer", access: writers, method: http.MethodDelete, path: "/api/v1/offers/{offer_id}", tag: tag,
		summary:     "Delete an offer that no contract refers to",
		description: "An offer that any contract refers to stays; retire it instead.",
		success:     "The offer is gone.",
		refusals:    []refusal.Code{refusal.OfferNotFound, refusal.OfferDeleteBlocked}}, s.deleteOffer)
}

// OfferCreate is the body of a new offer. Its service type is derived, and the
// components of other categories are ignored.
type OfferCreate struct {
	Name                       string         `json:"name" minLength:"2" maxLength:"100" example:"Mobile 20GB"`
	ServiceCategory            string         `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	Version                    int32          `json:"version,omitempty" default:"1" minimum:"1" maximum:"2147483647"`
	MonthlyFee                 AmountInput    `json:"monthly_fee" doc:"Above 0, before tax." example:"\"199.00\""`
	ActivationFee              AmountInput    `json:"activation_fee,omitempty" doc:"Not negative, before tax; 0 when absent." example:"\"50.50\""`
	Status                     string         `json:"status,omitempty" enum:"active,retired" default:"active"`
	ValidFrom                  calendar.Date  `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo                    *calendar.Date `json:"valid_to,omitempty" nullable:"true" format:"date" example:"2027-12-31"`
	MobileDataGB               *int32         `json:"mobile_data_gb,omitempty" nullable:"true" minimum:"1" maximum:"2147483647" example:"20"`
	MobileCallsHours           *int32         `json:"mobile_calls_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647" example:"10"`
	InternetAccessType         *string        `json:"internet_access_type,omitempty" nullable:"true" enum:"fiber,adsl"`
	InternetFiberSpeedMbps     *int32         `json:"internet_fiber_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetADSLSpeedMbps      *int32         `json:"internet_adsl_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetLandlineIncluded   bool           `json:"internet_landline_included,omitempty" doc:"Ignored: every internet offer includes it."`
	InternetTVIncluded         bool           `json:"internet_tv_included,omitempty"`
	LandlineNationalIncluded   bool           `json:"landline_national_included,omitempty"`
	LandlineInternationalHours *int32         `json:"landline_international_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	LandlinePhoneHours         *int32         `json:"landline_phone_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
}

// OfferUpdate is the body of a change: what is sent is merged over what is stored.
type OfferUpdate struct {
	Name                       Sent[string]        `json:"name,omitempty" minLength:"2" maxLength:"100"`
	ServiceCategory            Sent[string]        `json:"service_category,omitempty" enum:"mobile,internet,landline"`
	Version                    Sent[int32]         `json:"version,omitempty" minimum:"1" maximum:"2147483647"`
	MonthlyFee                 AmountInput         `json:"monthly_fee,omitempty" example:"\"189.00\""`
	ActivationFee              AmountInput         `json:"activation_fee,omitempty"`
	Status                     Sent[string]        `json:"status,omitempty" enum:"active,retired"`
	ValidFrom                  Sent[calendar.Date] `json:"valid_from,omitempty" format:"date"`
	ValidTo                    Sent[calendar.Date] `json:"valid_to,omitempty" nullable:"true" format:"date" example:"2027-12-31"`
	MobileDataGB               Sent[int32]         `json:"mobile_data_gb,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	MobileCallsHours           Sent[int32]         `json:"mobile_calls_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetAccessType         Sent[string]        `json:"internet_access_type,omitempty" nullable:"true" enum:"fiber,adsl"`
	InternetFiberSpeedMbps     Sent[int32]         `json:"internet_fiber_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetADSLSpeedMbps      Sent[int32]         `json:"internet_adsl_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetTVIncluded         Sent[bool]          `json:"internet_tv_included,omitempty"`
	LandlineNationalIncluded   Sent[bool]          `json:"landline_national_included,omitempty"`
	LandlineInternationalHours Sent[int32]         `json:"landline_international_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	LandlinePhoneHours         Sent[int32]         `json:"landline_phone_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
}

// OfferRead is an offer as the API shows it.
type OfferRead struct {
	ID                         uuid.UUID      `json:"id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147" format:"uuid"`
	Name                       string         `json:"name" example:"Mobile 20GB"`
	ServiceCategory            string         `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	ServiceType                string         `json:"service_type" enum:"mobile,fiber,adsl,landline" example:"mobile"`
	Version                    int32          `json:"version" example:"1"`
	MonthlyFee                 money.Amount   `json:"monthly_fee" example:"199.00" format:"decimal"`
	ActivationFee              money.Amount   `json:"activation_fee" example:"50.50" format:"decimal"`
	Status                     string         `json:"status" enum:"active,retired"`
	ValidFrom                  calendar.Date  `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo                    *calendar.Date `json:"valid_to" format:"date"`
	MobileDataGB               *int32         `json:"mobile_data_gb" example:"20"`
	MobileCallsHours           *int32         `json:"mobile_calls_hours" example:"10"`
	InternetAccessType         *string        `json:"internet_access_type"`
	InternetFiberSpeedMbps     *int32         `json:"internet_fiber_speed_mbps"`
	InternetADSLSpeedMbps      *int32         `json:"internet_adsl_speed_mbps"`
	InternetLandlineIncluded   bool           `json:"internet_landline_included"`
	InternetTVIncluded         bool           `json:"internet_tv_included"`
	LandlineNationalIncluded   bool           `json:"landline_national_included"`
	LandlineInternationalHours *int32         `json:"landline_international_hours"`
	LandlinePhoneHours         *int32         `json:"landline_phone_hours"`
	CreatedAt                  Timestamp      `json:"created_at"`
	UpdatedAt                  Timestamp      `json:"updated_at"`
}

// OfferOutput answers with one offer.
type OfferOutput struct{ Body OfferRead }

// OfferPath names an offer.
type OfferPath struct {
	OfferID string `path:"offer_id" doc:"The offer." example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
}

// offerList is the list of the whole catalogue.
var offerList = list[dbsqlc.Offer]{
	name: "offers", id: func(row dbsqlc.Offer) uuid.UUID { return row.ID },
	sorts: []sortKey[dbsqlc.Offer]{
		{"created_at", func(row dbsqlc.Offer) string { return sortedByTime(row.CreatedAt) }},
		{"name", func(row dbsqlc.Offer) string { return row.Name }},
		{"monthly_fee", func(row dbsqlc.Offer) string { return sortedByAmount(row.MonthlyFee) }},
	},
	filters: []filterKey{
		{"status", "active or retired"}, {"service_category", "mobile, internet or landline"},
		{"service_type", "mobile, fiber, adsl or landline"},
	},
}

func readOffer(row dbsqlc.Offer) OfferRead {
	return OfferRead{
		ID: row.ID, Name: row.Name, ServiceCategory: row.ServiceCategory, ServiceType: row.ServiceType, Version: row.Version,
		MonthlyFee: row.MonthlyFee, ActivationFee: row.ActivationFee, Status: row.Status, ValidFrom: row.ValidFrom,
		ValidTo: row.ValidTo, MobileDataGB: row.MobileDataGB, MobileCallsHours: row.MobileCallsHours,
		InternetAccessType: row.InternetAccessType, InternetFiberSpeedMbps: row.InternetFiberSpeedMbps,
		InternetADSLSpeedMbps: row.InternetADSLSpeedMbps, InternetLandlineIncluded: row.InternetLandlineIncluded,
		InternetTVIncluded: row.InternetTVIncluded, LandlineNationalIncluded: row.LandlineNationalIncluded,
		LandlineInternationalHours: row.LandlineInternationalHours, LandlinePhoneHours: row.LandlinePhoneHours,
		CreatedAt: Timestamp(row.CreatedAt), UpdatedAt: Timestamp(row.UpdatedAt),
	}
}

func (s *Server) createOffer(ctx context.Context, input *struct{ Body OfferCreate }) (*OfferOutput, error) {
	definition := input.Body.definition()
	if problems := definition.Normalise(); len(problems) > 0 {
		return nil, refusal.Invalid(problems...)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	row, err := s.queries.OfferInsert(ctx, s.Pool, definition.Row(id, s.Now()))
	if err != nil {
		return nil, db.Translate(err)
	}
	return &OfferOutput{Body: readOffer(row)}, nil
}

func (b OfferCreate) definition() catalog.Definition {
	return catalog.Definition{
		Name: b.Name, Category: catalog.Category(b.ServiceCategory), Version: b.Version, MonthlyFee: b.MonthlyFee.Amount,
		ActivationFee: b.ActivationFee.Amount, Status: b.Status, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo,
		MobileDataGB: b.MobileDataGB, MobileCallsHours: b.MobileCallsHours, InternetAccessType: b.InternetAccessType,
		InternetFiberSpeedMbps: b.InternetFiberSpeedMbps, InternetADSLSpeedMbps: b.InternetADSLSpeedMbps,
		InternetTVIncluded: b.InternetTVIncluded, LandlineNationalIncluded: b.LandlineNationalIncluded,
		LandlineInternationalHours: b.LandlineInternationalHours, LandlinePhoneHours: b.LandlinePhoneHours,
	}
}

func (s *Server) listOffers(ctx context.Context, input *PageParams) (*PageOutput[OfferRead], error) {
	asked, err := ask(s, offerList, *input)
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.OfferCountParams{
		Status: asked.text("status"), ServiceCategory: asked.text("service_category"), ServiceType: asked.text("service_type"),
	}
	return answerList(ctx, s, asked, readOffer, func(at position) ([]dbsqlc.Offer, error) {
		return s.queries.OfferList(ctx, s.Pool, dbsqlc.OfferListParams{
			Status: filters.Status, ServiceCategory: filters.ServiceCategory, ServiceType: filters.ServiceType,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
	}, func() (int64, error) { return s.queries.OfferCount(ctx, s.Pool, filters) })
}

func (s *Server) getOffer(ctx context.Context, input *OfferPath) (*OfferOutput, error) {
	row, err := s.queries.OfferGetByID(ctx, s.Pool, parseID(input.OfferID))
	if err != nil {
		return nil, orNotFound(err, refusal.OfferNotFound)
	}
	return &OfferOutput{Body: readOffer(row)}, nil
}

func (s *Server) updateOffer(ctx context.Context, input *struct {
	OfferPath
	Body OfferUpdate
}) (*OfferOutput, error) {
	if err := input.Body.nulls(); err != nil {
		return nil, err
	}
	var updated dbsqlc.Offer
	err := db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) error {
		row, err := s.queries.OfferLockForUpdate(ctx, tx, parseID(input.OfferID))
		if err != nil {
			return orNotFound(err, refusal.OfferNotFound)
		}
		definition := catalog.DefinitionOf(row)
		input.Body.apply(&definition)
		if problems := definition.Normalise(); len(problems) > 0 {
			return refusal.Invalid(problems...)
		}
		updated, err = s.queries.OfferUpdate(ctx, tx, dbsqlc.OfferUpdateParams(definition.Row(row.ID, s.Now())))
		if err != nil || updated.MonthlyFee == row.MonthlyFee {
			return err
		}
		return ledger.Reprice(ctx, tx, row.ID, row.MonthlyFee, actorOf(ctx).ID, s.today(), s.Now())
	})
	if err != nil {
		return nil, err
	}
	return &OfferOutput{Body: readOffer(updated)}, nil
}

// nulls refuses a null for what an offer cannot be without.
func (u *OfferUpdate) nulls() error {
	var checked fields
	u.Name.notNull("name", &checked)
	u.ServiceCategory.notNull("service_category", &checked)
	u.Version.notNull("version", &checked)
	u.Status.notNull("status", &checked)
	u.ValidFrom.notNull("valid_from", &checked)
	u.InternetTVIncluded.notNull("internet_tv_included", &checked)
	u.LandlineNationalIncluded.notNull("landline_national_included", &checked)
	return checked.err()
}

// apply merges what was sent over a definition.
func (u *OfferUpdate) apply(d *catalog.Definition) {
	u.Name.set(&d.Name)
	u.ServiceCategory.set((*string)(&d.Category))
	u.Version.set(&d.Version)
	u.Status.set(&d.Status)
	u.ValidFrom.set(&d.ValidFrom)
	u.ValidTo.setOptional(&d.ValidTo)
	u.MobileDataGB.setOptional(&d.MobileDataGB)
	u.MobileCallsHours.setOptional(&d.MobileCallsHours)
	u.InternetAccessType.setOptional(&d.InternetAccessType)
	u.InternetFiberSpeedMbps.setOptional(&d.InternetFiberSpeedMbps)
	u.InternetADSLSpeedMbps.setOptional(&d.InternetADSLSpeedMbps)
	u.InternetTVIncluded.set(&d.InternetTVIncluded)
	u.LandlineNationalIncluded.set(&d.LandlineNationalIncluded)
	u.LandlineInternationalHours.setOptional(&d.LandlineInternationalHours)
	u.LandlinePhoneHours.setOptional(&d.LandlinePhoneHours)
	if u.MonthlyFee.Present {
		d.MonthlyFee = u.MonthlyFee.Amount
	}
	if u.ActivationFee.Present {
		d.ActivationFee = u.ActivationFee.Amount
	}
}

func (s *Server) deleteOffer(ctx context.Context, input *OfferPath) (*struct{}, error) {
	deleted, err := s.queries.OfferDelete(ctx, s.Pool, parseID(input.OfferID))
	if err != nil {
		return nil, db.Translate(err)
	}
	if deleted == 0 {
		return nil, refusal.New(refusal.OfferNotFound)
	}
	return nil, nil
}
