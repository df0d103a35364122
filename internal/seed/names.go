package seed

// bilingualName is a name in both scripts of a Moroccan identity card.
type bilingualName struct{ latin, arabic string }

var moroccanGivenNames = []bilingualName{
	{"Mohammed", "محمد"},
	{"Ahmed", "أحمد"},
	{"Youssef", "يوسف"},
	{"Hassan", "حسن"},
	{"Omar", "عمر"},
	{"Ali", "علي"},
	{"Khalid", "خالد"},
	{"Rachid", "رشيد"},
	{"Said", "سعيد"},
	{"Karim", "كريم"},
	{"Mehdi", "مهدي"},
	{"Hamza", "حمزة"},
	{"Anas", "أنس"},
	{"Ayoub", "أيوب"},
	{"Brahim", "إبراهيم"},
	{"Driss", "إدريس"},
	{"Abdellah", "عبد الله"},
	{"Abderrahim", "عبد الرحيم"},
	{"Noureddine", "نور الدين"},
	{"Ismaïl", "إسماعيل"},
	{"Fatima", "فاطمة"},
	{"Fatima Zahra", "فاطمة الزهراء"},
	{"Khadija", "خديجة"},
	{"Aïcha", "عائشة"},
	{"Maryam", "مريم"},
	{"Zineb", "زينب"},
	{"Salma", "سلمى"},
	{"Imane", "إيمان"},
	{"Hanane", "حنان"},
	{"Naïma", "نعيمة"},
	{"Latifa", "لطيفة"},
	{"Samira", "سميرة"},
	{"Sanaa", "سناء"},
	{"Loubna", "لبنى"},
	{"Meryem", "مريم"},
	{"Kenza", "كنزة"},
	{"Ghita", "غيثة"},
	{"Rim", "ريم"},
	{"Houda", "هدى"},
	{"Nadia", "نادية"},
}

var moroccanFamilyNames = []bilingualName{
	{"El Amrani", "العمراني"},
	{"Alaoui", "العلوي"},
	{"El Idrissi", "الإدريسي"},
	{"Bennani", "بناني"},
	{"Benali", "بنعلي"},
	{"Tazi", "التازي"},
	{"Berrada", "برادة"},
	{"Chraïbi", "الشرايبي"},
	{"Benjelloun", "بنجلون"},
	{"El Fassi", "الفاسي"},
	{"Lahlou", "لحلو"},
	{"Sefrioui", "الصفريوي"},
	{"Naciri", "الناصري"},
	{"El Mansouri", "المنصوري"},
	{"Ouazzani", "الوزاني"},
	{"Filali", "الفيلالي"},
	{"Bouazza", "بوعزة"},
	{"Ait Ali", "آيت علي"},
	{"Ait Benhaddou", "آيت بنحدو"},
	{"Belkacem", "بلقاسم"},
	{"El Khattabi", "الخطابي"},
	{"Zerouali", "الزروالي"},
	{"Hajji", "حجي"},
	{"Kettani", "الكتاني"},
	{"Guessous", "كسوس"},
	{"Skalli", "الصقلي"},
	{"Mernissi", "المرنيسي"},
	{"Slaoui", "السلاوي"},
	{"Rahmouni", "الرحموني"},
	{"Saadi", "السعدي"},
	{"Jabri", "الجابري"},
	{"Bourkadi", "بورقادي"},
	{"Cherkaoui", "الشرقاوي"},
	{"El Ghazali", "الغزالي"},
	{"Moussaoui", "الموساوي"},
	{"Benkirane", "بنكيران"},
	{"Daoudi", "الداودي"},
	{"El Harrak", "الحراق"},
	{"Belhaj", "بلحاج"},
	{"Tahiri", "الطاهري"},
}

var frenchGivenNames = []string{
	"Hélène", "François", "Zoé", "Jérôme", "Chloé", "Gaëlle", "Benoît", "Anaïs", "Frédéric", "Mélanie",
	"Claire", "Julien", "Nicolas", "Sophie", "Marc", "Thérèse", "Loïc", "Noël", "Céline", "Jean-Pierre",
	"Yasmine", "Sofia", "Adam", "Inès", "Rayan",
}

var frenchFamilyNames = []string{
	"Lefèvre", "Dubois", "Moreau", "Besançon", "Béranger", "Girard", "Müller", "Lévy", "Cohen", "Azoulay",
	"Châtelain", "Dupré", "Garcia", "Fontaine", "Mercier", "Rousseau", "Lemaître", "d'Arcy", "Guérin", "Toledano",
}

var businessFirstWords = []string{
	"Atlas", "Maghreb", "Casa", "Rif", "Souss", "Oasis", "Al Amal", "Étoile du Sud", "Médina", "Anfa",
	"Zellige", "Argan", "Bouregreg", "Toubkal", "Sahara", "Détroit", "Menara", "Chellah",
}

var businessTrades = []string{
	"Distribution", "Négoce", "Transport", "Bâtiment", "Conseil", "Informatique", "Textile", "Hôtellerie",
	"Pharma", "Agroalimentaire", "Énergie", "Logistique", "Immobilier", "Électricité", "Voyages",
}

var businessForms = []string{"SARL", "SARL", "SARL", "SARL AU", "SARL AU", "SA", "SNC"}

var businessMailboxes = []string{"contact", "compta", "direction", "facturation"}

var mailDomains = []string{"courrier.example", "mail.example", "barid.example", "poste.example"}
