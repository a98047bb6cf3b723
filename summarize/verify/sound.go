package verify

import "strings"

var cyrillic = strings.NewReplacer("а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "є", "e", "ж", "zh", "з", "z", "и", "i", "і", "i", "й", "i", "к", "k", "л", "l",
	"м", "m", "н", "n", "о", "o", "п", "p", "р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "shch", "ъ", "", "ы", "i", "ь", "", "э", "e", "ю", "yu", "я", "ya")

// spellings are the ways in which Western languages write the sounds of other scripts.
var spellings = strings.NewReplacer("shch", "s", "sch", "s", "sh", "s", "tch", "c", "ch", "c", "zh", "z", "kh", "h", "tz", "z", "ts", "z", "ph", "f", "ou", "u", "yu", "u", "ju", "u",
	"ya", "a", "ja", "a", "ye", "e", "je", "e", "ck", "k", "th", "t", "dj", "j", "w", "v", "q", "k", "x", "ks", "y", "i")

// sound returns a folded name as it sounds, about: the spellings of one transliterated name fall together ("Zelensky",
// "Zelenskyy", "Зеленский").
func sound(w string) string {
	s := spellings.Replace(cyrillic.Replace(w))
	var b strings.Builder
	last := rune(0)
	for _, r := range s {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// skeleton is the consonants of the sound of a name.
func skeleton(w string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("aeiou", r) {
			return -1
		}
		return r
	}, sound(w))
}
