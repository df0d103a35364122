package seed

// city is a Moroccan city with the first of its postcodes.
type city struct {
	name          string
	firstPostcode int
}

// The larger cities stand several times, since more people live there.
var cities = []city{
	{"Casablanca", 20000},
	{"Casablanca", 20100},
	{"Casablanca", 20200},
	{"Casablanca", 20500},
	{"Rabat", 10000},
	{"Rabat", 10100},
	{"Salé", 11000},
	{"Témara", 12000},
	{"Kénitra", 14000},
	{"Fès", 30000},
	{"Fès", 30100},
	{"Meknès", 50000},
	{"Taza", 35000},
	{"Marrakech", 40000},
	{"Marrakech", 40100},
	{"Safi", 46000},
	{"Essaouira", 44000},
	{"Agadir", 80000},
	{"Ouarzazate", 45000},
	{"Tanger", 90000},
	{"Tanger", 90100},
	{"Tétouan", 93000},
	{"Larache", 92000},
	{"Al Hoceïma", 32000},
	{"Oujda", 60000},
	{"Nador", 62000},
	{"Béni Mellal", 23000},
	{"Khouribga", 25000},
	{"El Jadida", 24000},
	{"Settat", 26000},
	{"Mohammédia", 28800},
	{"Laâyoune", 70000},
	{"Dakhla", 73000},
}

var streets = []string{
	"rue Ibn Sina", "avenue Mohammed V", "avenue Hassan II", "boulevard Zerktouni", "rue de la Liberté",
	"avenue des FAR", "rue Al Massira", "boulevard Moulay Youssef", "rue Oued Sebou", "rue des Orangers",
	"avenue Allal Ben Abdellah", "rue Ibn Battouta", "quartier Hay Riad, rue des Érables",
	"résidence Al Andalous, rue 12", "lotissement Ennakhil, rue 4", "rue de Fès", "derb Sidi Bouloukat",
	"boulevard Anfa", "avenue Annakhil", "rue Tarik Ibn Ziad", "rue Abou Bakr Essiddiq", "impasse du Marché",
}
