package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) offerRoutes() {
	const tag = "Catalogue"
	rest.Register(h.API, rest.Operation{
		ID: "createOffer", Method: http.MethodPost, Path: "/api/v1/offers", Tag: tag, Access: rest.Writers,
		Summary: "Create an offer",
		Description: "The service type follows from the category and the access type. A mobile offer includes data or " +
			"calls; an internet offer has exactly one access type with its speed; a landline offer includes national calls, " +
			"international hours, or phone hours. Fields of other categories are ignored. The combination of name, category, " +
			"and version is unique.",
		Success:  "The new offer.",
		Refusals: []refusal.Code{refusal.OfferVersionConflict},
	}, h.createOffer)
	rest.Register(h.API, rest.Operation{
		ID: "listOffers", Method: http.MethodGet, Path: "/api/v1/offers", Tag: tag, Access: rest.Readers,
		List:        offerList.Keys(),
		Summary:     "List offers, newest first",
		Description: "All offers, including retired ones.",
		Success:     "A page of offers.",
	}, h.listOffers)
	rest.Register(h.API, rest.Operation{
		ID: "getOffer", Method: http.MethodGet, Path: "/api/v1/offers/{offer_id}", Tag: tag, Access: rest.Readers,
		Summary:     "Get an offer",
		Description: "An offer with what it includes.",
		Success:     "The offer.",
		Refusals:    []refusal.Code{refusal.OfferNotFound},
	}, h.getOffer)
	rest.Register(h.API, rest.Operation{
		ID: "updateOffer", Method: http.MethodPut, Path: "/api/v1/offers/{offer_id}", Tag: tag, Access: rest.Writers,
		Summary: "Update an offer",
		Description: "The fields sent are merged over the stored ones, and the result is validated like a new offer. " +
			"Contracts on the offer are billed at its new fees from the next run on; issued invoices do not change.",
		Success:  "The updated offer.",
		Refusals: []refusal.Code{refusal.OfferNotFound, refusal.OfferVersionConflict},
	}, h.updateOffer)
	rest.Register(h.API, rest.Operation{
		ID: "deleteOffer", Method: http.MethodDelete, Path: "/api/v1/offers/{offer_id}", Tag: tag, Access: rest.Writers,
		Summary:     "Delete an offer without contracts",
		Description: "An offer with contracts cannot be deleted; retire it instead.",
		Success:     "The offer was deleted.",
		Refusals:    []refusal.Code{refusal.OfferNotFound, refusal.OfferDeleteBlocked},
	}, h.deleteOffer)
}

// OfferCreate is the body of a new offer. The service type is derived, and fields of other categories
// are ignored.
type OfferCreate struct {
	Name                       string                     `json:"name" minLength:"2" maxLength:"100" example:"Mobile 20GB"`
	ServiceCategory            vocabulary.ServiceCategory `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	Version                    int32                      `json:"version,omitempty" default:"1" minimum:"1" maximum:"2147483647"`
	MonthlyFee                 rest.AmountInput           `json:"monthly_fee" doc:"Greater than 0, before tax." example:"\"199.00\""`
	ActivationFee              rest.AmountInput           `json:"activation_fee,omitempty" doc:"Not negative, before tax; defaults to 0." example:"\"50.50\""`
	Status                     vocabulary.OfferStatus     `json:"status,omitempty" enum:"active,retired" default:"active"`
	ValidFrom                  calendar.Date              `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo                    *calendar.Date             `json:"valid_to,omitempty" nullable:"true" format:"date" example:"2027-12-31"`
	MobileDataGB               *int32                     `json:"mobile_data_gb,omitempty" nullable:"true" minimum:"1" maximum:"2147483647" example:"20"`
	MobileCallsHours           *int32                     `json:"mobile_calls_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647" example:"10"`
	InternetAccessType         *vocabulary.ServiceType    `json:"internet_access_type,omitempty" nullable:"true" enum:"fiber,adsl"`
	InternetFiberSpeedMbps     *int32                     `json:"internet_fiber_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetADSLSpeedMbps      *int32                     `json:"internet_adsl_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetLandlineIncluded   bool                       `json:"internet_landline_included,omitempty" doc:"Ignored: every internet offer includes a landline."`
	InternetTVIncluded         bool                       `json:"internet_tv_included,omitempty"`
	LandlineNationalIncluded   bool                       `json:"landline_national_included,omitempty"`
	LandlineInternationalHours *int32                     `json:"landline_international_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	LandlinePhoneHours         *int32                     `json:"landline_phone_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
}

// OfferUpdate is the body of a change. The fields that are sent replace the stored ones.
type OfferUpdate struct {
	Name                       rest.Optional[string]                     `json:"name,omitempty" minLength:"2" maxLength:"100"`
	ServiceCategory            rest.Optional[vocabulary.ServiceCategory] `json:"service_category,omitempty" enum:"mobile,internet,landline"`
	Version                    rest.Optional[int32]                      `json:"version,omitempty" minimum:"1" maximum:"2147483647"`
	MonthlyFee                 rest.AmountInput                          `json:"monthly_fee,omitempty" example:"\"189.00\""`
	ActivationFee              rest.AmountInput                          `json:"activation_fee,omitempty"`
	Status                     rest.Optional[vocabulary.OfferStatus]     `json:"status,omitempty" enum:"active,retired"`
	ValidFrom                  rest.Optional[calendar.Date]              `json:"valid_from,omitempty" format:"date"`
	ValidTo                    rest.Optional[calendar.Date]              `json:"valid_to,omitempty" nullable:"true" format:"date" example:"2027-12-31"`
	MobileDataGB               rest.Optional[int32]                      `json:"mobile_data_gb,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	MobileCallsHours           rest.Optional[int32]                      `json:"mobile_calls_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetAccessType         rest.Optional[vocabulary.ServiceType]     `json:"internet_access_type,omitempty" nullable:"true" enum:"fiber,adsl"`
	InternetFiberSpeedMbps     rest.Optional[int32]                      `json:"internet_fiber_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetADSLSpeedMbps      rest.Optional[int32]                      `json:"internet_adsl_speed_mbps,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	InternetTVIncluded         rest.Optional[bool]                       `json:"internet_tv_included,omitempty"`
	LandlineNationalIncluded   rest.Optional[bool]                       `json:"landline_national_included,omitempty"`
	LandlineInternationalHours rest.Optional[int32]                      `json:"landline_international_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
	LandlinePhoneHours         rest.Optional[int32]                      `json:"landline_phone_hours,omitempty" nullable:"true" minimum:"1" maximum:"2147483647"`
}

// OfferRead is an offer as the API shows it.
type OfferRead struct {
	ID                         uuid.UUID                  `json:"id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147" format:"uuid"`
	Name                       string                     `json:"name" example:"Mobile 20GB"`
	ServiceCategory            vocabulary.ServiceCategory `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	ServiceType                vocabulary.ServiceType     `json:"service_type" enum:"mobile,fiber,adsl,landline" example:"mobile"`
	Version                    int32                      `json:"version" example:"1"`
	MonthlyFee                 money.Amount               `json:"monthly_fee" example:"199.00" format:"decimal"`
	ActivationFee              money.Amount               `json:"activation_fee" example:"50.50" format:"decimal"`
	Status                     vocabulary.OfferStatus     `json:"status" enum:"active,retired"`
	ValidFrom                  calendar.Date              `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo                    *calendar.Date             `json:"valid_to" format:"date"`
	MobileDataGB               *int32                     `json:"mobile_data_gb" example:"20"`
	MobileCallsHours           *int32                     `json:"mobile_calls_hours" example:"10"`
	InternetAccessType         *vocabulary.ServiceType    `json:"internet_access_type"`
	InternetFiberSpeedMbps     *int32                     `json:"internet_fiber_speed_mbps"`
	InternetADSLSpeedMbps      *int32                     `json:"internet_adsl_speed_mbps"`
	InternetLandlineIncluded   bool                       `json:"internet_landline_included"`
	InternetTVIncluded         bool                       `json:"internet_tv_included"`
	LandlineNationalIncluded   bool                       `json:"landline_national_included"`
	LandlineInternationalHours *int32                     `json:"landline_international_hours"`
	LandlinePhoneHours         *int32                     `json:"landline_phone_hours"`
	CreatedAt                  rest.Timestamp             `json:"created_at"`
	UpdatedAt                  rest.Timestamp             `json:"updated_at"`
}

// OfferOutput answers with one offer.
type OfferOutput struct{ Body OfferRead }

// OfferPath names an offer.
type OfferPath struct {
	OfferID string `path:"offer_id" doc:"The offer." example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
}

// offerList is the list of the whole catalogue.
var offerList = rest.Listing[dbsqlc.Offer, dbsqlc.OfferCountParams, OfferRead]{
	List: rest.List[dbsqlc.Offer]{
		Name: "offers", ID: func(row dbsqlc.Offer) uuid.UUID { return row.ID },
		Sorts: []rest.SortKey[dbsqlc.Offer]{
			{Name: "created_at", Value: func(row dbsqlc.Offer) string { return rest.SortedByTime(row.CreatedAt) }},
			{Name: "name", Value: func(row dbsqlc.Offer) string { return row.Name }},
			{Name: "monthly_fee", Value: func(row dbsqlc.Offer) string { return rest.SortedByAmount(row.MonthlyFee) }},
		},
		Filters: []rest.FilterKey{
			{Name: "status", Values: "active or retired"},
			{Name: "service_category", Values: "mobile, internet or landline"},
			{Name: "service_type", Values: "mobile, fiber, adsl or landline"},
		},
	},
	Where: func(request *rest.ListRequest[dbsqlc.Offer]) dbsqlc.OfferCountParams {
		return dbsqlc.OfferCountParams{
			Status: request.Text("status"), ServiceCategory: request.Text("service_category"), ServiceType: request.Text("service_type"),
		}
	},
	Rows: func(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.OfferCountParams, at rest.ListPosition) ([]dbsqlc.Offer, error) {
		return queries.OfferList(ctx, tx, dbsqlc.OfferListParams{
			Status: filters.Status, ServiceCategory: filters.ServiceCategory, ServiceType: filters.ServiceType,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	},
	Count: (*dbsqlc.Queries).OfferCount,
	Read:  newOfferRead,
}

func newOfferRead(row dbsqlc.Offer) OfferRead {
	return OfferRead{
		ID: row.ID, Name: row.Name, ServiceCategory: row.ServiceCategory, ServiceType: row.ServiceType, Version: row.Version,
		MonthlyFee: row.MonthlyFee, ActivationFee: row.ActivationFee, Status: row.Status, ValidFrom: row.ValidFrom,
		ValidTo: row.ValidTo, MobileDataGB: row.MobileDataGB, MobileCallsHours: row.MobileCallsHours,
		InternetAccessType: row.InternetAccessType, InternetFiberSpeedMbps: row.InternetFiberSpeedMbps,
		InternetADSLSpeedMbps: row.InternetADSLSpeedMbps, InternetLandlineIncluded: row.InternetLandlineIncluded,
		InternetTVIncluded: row.InternetTVIncluded, LandlineNationalIncluded: row.LandlineNationalIncluded,
		LandlineInternationalHours: row.LandlineInternationalHours, LandlinePhoneHours: row.LandlinePhoneHours,
		CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}
}

func (h *handlers) createOffer(ctx context.Context, input *struct{ Body OfferCreate }) (*OfferOutput, error) {
	definition := input.Body.definition()
	if problems := definition.Normalise(); len(problems) > 0 {
		return nil, refusal.Invalid(problems...)
	}
	row, err := h.Queries.OfferInsert(ctx, h.Pool, definition.Row(db.NewID(), h.Now()))
	if err != nil {
		return nil, db.Translate(err)
	}
	return &OfferOutput{Body: newOfferRead(row)}, nil
}

func (b OfferCreate) definition() catalog.Definition {
	return catalog.Definition{
		Name: b.Name, Category: b.ServiceCategory, Version: b.Version, MonthlyFee: b.MonthlyFee.Amount,
		ActivationFee: b.ActivationFee.Amount, Status: b.Status, ValidFrom: b.ValidFrom, ValidTo: b.ValidTo,
		MobileDataGB: b.MobileDataGB, MobileCallsHours: b.MobileCallsHours, InternetAccessType: b.InternetAccessType,
		InternetFiberSpeedMbps: b.InternetFiberSpeedMbps, InternetADSLSpeedMbps: b.InternetADSLSpeedMbps,
		InternetTVIncluded: b.InternetTVIncluded, LandlineNationalIncluded: b.LandlineNationalIncluded,
		LandlineInternationalHours: b.LandlineInternationalHours, LandlinePhoneHours: b.LandlinePhoneHours,
	}
}

func (h *handlers) listOffers(ctx context.Context, input *rest.PageParams) (*rest.PageOutput[OfferRead], error) {
	return offerList.Serve(ctx, h.API, *input)
}

func (h *handlers) getOffer(ctx context.Context, input *OfferPath) (*OfferOutput, error) {
	row, err := h.Queries.OfferGetByID(ctx, h.Pool, rest.ParseID(input.OfferID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.OfferNotFound)
	}
	return &OfferOutput{Body: newOfferRead(row)}, nil
}

func (h *handlers) updateOffer(ctx context.Context, input *struct {
	OfferPath
	Body OfferUpdate
},
) (*OfferOutput, error) {
	if err := input.Body.nulls(); err != nil {
		return nil, err
	}
	var updated dbsqlc.Offer
	err := db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error {
		row, err := h.Queries.OfferLockForUpdate(ctx, tx, rest.ParseID(input.OfferID))
		if err != nil {
			return rest.OrNotFound(err, refusal.OfferNotFound)
		}
		definition := catalog.NewDefinition(row)
		input.Body.apply(&definition)
		if problems := definition.Normalise(); len(problems) > 0 {
			return refusal.Invalid(problems...)
		}
		updated, err = h.Queries.OfferUpdate(ctx, tx, dbsqlc.OfferUpdateParams(definition.Row(row.ID, h.Now())))
		if err != nil || updated.MonthlyFee == row.MonthlyFee {
			return err
		}
		return ledger.RecordPriceChange(ctx, tx, row.ID, row.MonthlyFee, h.Act(ctx))
	})
	if err != nil {
		return nil, err
	}
	return &OfferOutput{Body: newOfferRead(updated)}, nil
}

// nulls refuses null for fields that an offer requires.
func (u *OfferUpdate) nulls() error {
	var validator rest.Validator
	u.Name.RefuseNull("name", &validator)
	u.ServiceCategory.RefuseNull("service_category", &validator)
	u.Version.RefuseNull("version", &validator)
	u.Status.RefuseNull("status", &validator)
	u.ValidFrom.RefuseNull("valid_from", &validator)
	u.InternetTVIncluded.RefuseNull("internet_tv_included", &validator)
	u.LandlineNationalIncluded.RefuseNull("landline_national_included", &validator)
	return validator.Err()
}

// apply merges the fields sent into a definition.
func (u *OfferUpdate) apply(d *catalog.Definition) {
	u.Name.Set(&d.Name)
	u.ServiceCategory.Set(&d.Category)
	u.Version.Set(&d.Version)
	u.Status.Set(&d.Status)
	u.ValidFrom.Set(&d.ValidFrom)
	u.ValidTo.SetOptional(&d.ValidTo)
	u.MobileDataGB.SetOptional(&d.MobileDataGB)
	u.MobileCallsHours.SetOptional(&d.MobileCallsHours)
	u.InternetAccessType.SetOptional(&d.InternetAccessType)
	u.InternetFiberSpeedMbps.SetOptional(&d.InternetFiberSpeedMbps)
	u.InternetADSLSpeedMbps.SetOptional(&d.InternetADSLSpeedMbps)
	u.InternetTVIncluded.Set(&d.InternetTVIncluded)
	u.LandlineNationalIncluded.Set(&d.LandlineNationalIncluded)
	u.LandlineInternationalHours.SetOptional(&d.LandlineInternationalHours)
	u.LandlinePhoneHours.SetOptional(&d.LandlinePhoneHours)
	if u.MonthlyFee.Present {
		d.MonthlyFee = u.MonthlyFee.Amount
	}
	if u.ActivationFee.Present {
		d.ActivationFee = u.ActivationFee.Amount
	}
}

func (h *handlers) deleteOffer(ctx context.Context, input *OfferPath) (*struct{}, error) {
	deleted, err := h.Queries.OfferDelete(ctx, h.Pool, rest.ParseID(input.OfferID))
	if err != nil {
		return nil, db.Translate(err)
	}
	if deleted == 0 {
		return nil, refusal.New(refusal.OfferNotFound)
	}
	return nil, nil
}
