package pdf

// Arabic letters change their shape with their neighbours. PDF core operators
// draw single glyphs, so the shapes are chosen here, as Unicode's presentation
// forms, which the embedded font has.

// dualJoining maps the letters that join on both sides to their isolated form.
// Final, initial and medial forms are the three code points after it.
var dualJoining = map[rune]rune{
	0x0626: 0xFE89, 0x0628: 0xFE8F, 0x062A: 0xFE95, 0x062B: 0xFE99, 0x062C: 0xFE9D, 0x062D: 0xFEA1,
	0x062E: 0xFEA5, 0x0633: 0xFEB1, 0x0634: 0xFEB5, 0x0635: 0xFEB9, 0x0636: 0xFEBD, 0x0637: 0xFEC1,
	0x0638: 0xFEC5, 0x0639: 0xFEC9, 0x063A: 0xFECD, 0x0641: 0xFED1, 0x0642: 0xFED5, 0x0643: 0xFED9,
	0x0644: 0xFEDD, 0x0645: 0xFEE1, 0x0646: 0xFEE5, 0x0647: 0xFEE9, 0x064A: 0xFEF1, 0x0679: 0xFB66,
	0x067A: 0xFB5E, 0x067B: 0xFB52, 0x067E: 0xFB56, 0x067F: 0xFB62, 0x0680: 0xFB5A, 0x0683: 0xFB76,
	0x0684: 0xFB72, 0x0686: 0xFB7A, 0x0687: 0xFB7E, 0x06A4: 0xFB6A, 0x06A6: 0xFB6E, 0x06A9: 0xFB8E,
	0x06AD: 0xFBD3, 0x06AF: 0xFB92, 0x06B1: 0xFB9A, 0x06B3: 0xFB96, 0x06BB: 0xFBA0, 0x06BE: 0xFBAA,
	0x06CC: 0xFBFC, 0x06D0: 0xFBE4,
}

// rightJoining maps the letters that join only to the letter before them to
// their isolated form; the final form is the code point after it.
var rightJoining = map[rune]rune{
	0x0622: 0xFE81, 0x0623: 0xFE83, 0x0624: 0xFE85, 0x0625: 0xFE87, 0x0627: 0xFE8D, 0x0629: 0xFE93,
	0x062F: 0xFEA9, 0x0630: 0xFEAB, 0x0631: 0xFEAD, 0x0632: 0xFEAF, 0x0648: 0xFEED, 0x0649: 0xFEEF,
	0x0688: 0xFB88, 0x068C: 0xFB84, 0x068D: 0xFB82, 0x068E: 0xFB86, 0x0691: 0xFB8C, 0x0698: 0xFB8A,
	0x06BA: 0xFB9E, 0x06C6: 0xFBD9, 0x06C7: 0xFBD7, 0x06C8: 0xFBDB, 0x06CB: 0xFBDE,
}

// lamAlef maps an alef to its ligature with a preceding lam, isolated form; the
// final form is the code point after it.
var lamAlef = map[rune]rune{0x0622: 0xFEF5, 0x0623: 0xFEF7, 0x0625: 0xFEF9, 0x0627: 0xFEFB}

const (
	lam     = 0x0644
	tatweel = 0x0640 // stretches a word: joins on both sides and has one form
	hamza   = 0x0621 // joins nothing
)

// Moroccan spelling writes the sound g as a kaf with three dots. Its newer code
// point has no presentation forms; the older one is drawn alike.
const (
	kafWithThreeDots = 0x0763
	ng               = 0x06AD
)

// shapeArabic replaces Arabic letters by the forms that their neighbours ask
// for, and lam before alef by the ligature. Both sides are in reading order;
// everything else passes through.
func shapeArabic(letters []rune) []rune {
	shaped := make([]rune, 0, len(letters))
	joinsBefore := false // whether the letter before joins to this one
	for i := 0; i < len(letters); i++ {
		letter := plainLetter(letters[i])
		form, offset, joinsAfter := rune(0), rune(0), false
		if joinsBefore {
			offset = 1 // final
		}
		if ligature, ok := rune(0), false; letter == lam && i+1 < len(letters) {
			if ligature, ok = lamAlef[letters[i+1]]; ok {
				shaped = append(shaped, ligature+offset)
				joinsBefore = false
				i++
				continue
			}
		}
		switch {
		case dualJoining[letter] != 0:
			form = dualJoining[letter]
			joinsAfter = i+1 < len(letters) && joinsToPrevious(letters[i+1])
			if joinsAfter {
				offset += 2 // isolated becomes initial, final becomes medial
			}
		case rightJoining[letter] != 0:
			form = rightJoining[letter]
		case letter == hamza:
			form, offset = 0xFE80, 0
		default:
			form, offset = letter, 0
			joinsAfter = letter == tatweel
		}
		shaped = append(shaped, form+offset)
		joinsBefore = joinsAfter
	}
	return shaped
}

func joinsToPrevious(letter rune) bool {
	letter = plainLetter(letter)
	return dualJoining[letter] != 0 || rightJoining[letter] != 0 || letter == tatweel
}

func plainLetter(letter rune) rune {
	if letter == kafWithThreeDots {
		return ng
	}
	return letter
}
