package seed

import (
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/money"
)

// dirham is 100 centimes.
const dirham money.Amount = 100

// Catalogue returns the demo offers as of a day: four mobile, two fiber, one ADSL
// and two landline. All have been sold since two years before; one mobile offer
// was retired a year ago and lives on in old contracts.
func Catalogue(today calendar.Date) []catalog.Definition {
	retiredOn := today.AddMonths(-12)
	classic := mobileOffer("Mobile Classique", 79*dirham, 20*dirham, nil, new(int32(8)))
	classic.Status, classic.ValidTo = catalog.StatusRetired, &retiredOn

	definitions := []catalog.Definition{
		mobileOffer("Mobile 5 Go", 49*dirham, 0, new(int32(5)), new(int32(2))),
		mobileOffer("Mobile 20 Go", 99*dirham, 25*dirham, new(int32(20)), new(int32(10))),
		mobileOffer("Mobile 60 Go", 199*dirham, 25*dirham, new(int32(60)), new(int32(30))),
		classic,
		fiberOffer("Fibre 100 Méga", 299*dirham, 200*dirham, 100, false),
		fiberOffer("Fibre 200 Méga TV", 449*dirham+50, 200*dirham, 200, true),
		adslOffer("ADSL 12 Méga", 199*dirham, 150*dirham, 12),
		landlineOffer("Fixe National", 99*dirham, 100*dirham, nil),
		landlineOffer("Fixe Monde", 179*dirham+90, 100*dirham, new(int32(5))),
	}
	for i := range definitions {
		definitions[i].Version = 1
		definitions[i].ValidFrom = today.AddMonths(-historyMonths)
		if definitions[i].Status == "" {
			definitions[i].Status = catalog.StatusActive
		}
	}
	return definitions
}

func mobileOffer(name string, monthly, activation money.Amount, dataGB, callsHours *int32) catalog.Definition {
	return catalog.Definition{
		Name: name, Category: catalog.Mobile, MonthlyFee: monthly, ActivationFee: activation,
		MobileDataGB: dataGB, MobileCallsHours: callsHours,
	}
}

func fiberOffer(name string, monthly, activation money.Amount, mbps int32, tv bool) catalog.Definition {
	return catalog.Definition{
		Name: name, Category: catalog.Internet, MonthlyFee: monthly, ActivationFee: activation,
		InternetAccessType: new(catalog.TypeFiber), InternetFiberSpeedMbps: &mbps, InternetTVIncluded: tv,
	}
}

func adslOffer(name string, monthly, activation money.Amount, mbps int32) catalog.Definition {
	return catalog.Definition{
		Name: name, Category: catalog.Internet, MonthlyFee: monthly, ActivationFee: activation,
		InternetAccessType: new(catalog.TypeADSL), InternetADSLSpeedMbps: &mbps,
	}
}

func landlineOffer(name string, monthly, activation money.Amount, internationalHours *int32) catalog.Definition {
	return catalog.Definition{
		Name: name, Category: catalog.Landline, MonthlyFee: monthly, ActivationFee: activation,
		LandlineNationalIncluded: true, LandlineInternationalHours: internationalHours,
	}
}
