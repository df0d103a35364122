package catalog

import (
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// NewDefinition returns what an operator said about a stored offer.
func NewDefinition(row dbsqlc.Offer) Definition {
	return Definition{
		Name: row.Name, Category: row.ServiceCategory, Version: row.Version, MonthlyFee: row.MonthlyFee,
		ActivationFee: row.ActivationFee, Status: row.Status, ValidFrom: row.ValidFrom, ValidTo: row.ValidTo,
		MobileDataGB: row.MobileDataGB, MobileCallsHours: row.MobileCallsHours, InternetAccessType: row.InternetAccessType,
		InternetFiberSpeedMbps: row.InternetFiberSpeedMbps, InternetADSLSpeedMbps: row.InternetADSLSpeedMbps,
		InternetTVIncluded: row.InternetTVIncluded, LandlineNationalIncluded: row.LandlineNationalIncluded,
		LandlineInternationalHours: row.LandlineInternationalHours, LandlinePhoneHours: row.LandlinePhoneHours,
	}
}

// Row returns the offer to store for a normalised definition, derived fields
// included. An update takes the same row.
func (d *Definition) Row(id uuid.UUID, now time.Time) dbsqlc.OfferInsertParams {
	return dbsqlc.OfferInsertParams{
		ID: id, Name: d.Name, ServiceCategory: d.Category, ServiceType: d.ServiceType(), Version: d.Version,
		MonthlyFee: d.MonthlyFee, ActivationFee: d.ActivationFee, Status: d.Status, ValidFrom: d.ValidFrom, ValidTo: d.ValidTo,
		MobileDataGB: d.MobileDataGB, MobileCallsHours: d.MobileCallsHours, InternetAccessType: d.InternetAccessType,
		InternetFiberSpeedMbps: d.InternetFiberSpeedMbps, InternetADSLSpeedMbps: d.InternetADSLSpeedMbps,
		InternetLandlineIncluded: d.InternetLandlineIncluded(), InternetTVIncluded: d.InternetTVIncluded,
		LandlineNationalIncluded: d.LandlineNationalIncluded, LandlineInternationalHours: d.LandlineInternationalHours,
		LandlinePhoneHours: d.LandlinePhoneHours, Now: now,
	}
}
