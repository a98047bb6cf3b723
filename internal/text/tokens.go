package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	maxToken      = 48 // letters of a token; what is longer is an address or an encoding, and is cut
	maxQueryWords = 16 // words of a query that are looked at
)

// Tokens returns the search tokens of s: folded (NFKD, no marks, lower case), raw and stemmed where
// they differ, CJK as bigrams. The same tokens are indexed on every database engine. They stand in the
// order of the text and repeat as often as their words do; each is made of letters and digits only.
func Tokens(s, lang string) []string {
	sp := lendSpeller(lang)
	defer sp.back()
	out := make([]string, 0, len(s)/4)
	for i := 0; ; {
		w, kind := nextWord(s, i)
		if w.Len() == 0 {
			return out
		}
		i = w.End
		if kind == cjkRun {
			out = append(out, bigrams(w.Of(s))...)
			continue
		}
		for _, t := range sp.spell(w.Of(s)).tokens {
			out = append(out, t.text)
		}
	}
}

// Index returns what a search index keeps of an article, in one reading of its title and text: the language, which Language finds
// in the beginning, and the tokens that Tokens makes in that language, each once.
func Index(s, declared string) (lang string, tokens []string) {
	declared = baseLang(declared)
	tokens, small := readIndex(s, declared)
	lang = languageOf(lead(s), declared, small)
	if stemLang(lang) != stemLang(declared) {
		tokens, _ = readIndex(s, lang)
	}
	return lang, tokens
}

// readIndex returns the tokens of s in lang, each once, and the small words of its lead.
func readIndex(s, lang string) (out []string, small smallCount) {
	sp := lendSpeller(lang)
	defer sp.back()
	sp.texts++
	out = make([]string, 0, len(s)/8)
	add := func(t *spelledToken) {
		if t.in != sp.texts {
			t.in = sp.texts
			out = append(out, t.text)
		}
	}
	for i := 0; ; {
		w, kind := nextWord(s, i)
		if w.Len() == 0 {
			return out, small
		}
		i = w.End
		if kind == cjkRun {
			small.add(0, i)
			for _, t := range bigrams(w.Of(s)) {
				add(sp.token(t))
			}
			continue
		}
		word := sp.spell(w.Of(s))
		small.add(word.small, i)
		for _, t := range word.tokens {
			add(t)
		}
	}
}

// A speller makes the tokens of words and remembers them: the words of one text are mostly those of the next. It is not safe for
// concurrent use.
type speller struct {
	stemmer *stemmer // nil where the language has none
	words   map[string]spelledWord
	tokens  map[string]*spelledToken
	texts   int // how many were read for an index
	pool    *sync.Pool
}

// A spelledWord is a word with its tokens and the languages among whose small words it is, as smallWords numbers them.
type spelledWord struct {
	tokens []*spelledToken
	small  uint32
}

// A spelledToken is a token and the last text that it was found in.
type spelledToken struct {
	text string
	in   int
}

// spellers lends spellers by language: a sync.Pool of those that are not in use. Languages without a stemmer share one.
var spellers sync.Map

const (
	maxSpelled = 20_000 // words and tokens that a speller remembers
	maxWord    = 64     // bytes of a word that is remembered
)

// lendSpeller returns a speller of lang with what earlier texts taught it; call back when the text is read.
func lendSpeller(lang string) *speller {
	lang = stemLang(lang)
	pool, ok := spellers.Load(lang)
	if !ok {
		pool, _ = spellers.LoadOrStore(lang, &sync.Pool{})
	}
	if sp, _ := pool.(*sync.Pool).Get().(*speller); sp != nil {
		return sp
	}
	return &speller{stemmer: newStemmer(lang), words: map[string]spelledWord{}, tokens: map[string]*spelledToken{}, pool: pool.(*sync.Pool)}
}

func (sp *speller) back() {
	if len(sp.words)+len(sp.tokens) > maxSpelled {
		clear(sp.words)
		clear(sp.tokens)
	}
	if sp.stemmer != nil {
		clear(sp.stemmer.seen) // it saw each word once
	}
	sp.pool.Put(sp)
}

// spell returns the tokens of a word and of its parts around hyphens. It keeps no part of the text.
func (sp *speller) spell(word string) spelledWord {
	if have, ok := sp.words[word]; ok {
		return have
	}
	word = strings.Clone(word)
	var forms []string
	for _, part := range hyphenParts(word) {
		forms = appendForms(forms, part, sp.stemmer)
	}
	_, small := smallWords()
	out := spelledWord{make([]*spelledToken, len(forms)), small[token(word)]}
	for i, f := range forms {
		out.tokens[i] = sp.token(f)
	}
	if len(word) <= maxWord {
		sp.words[word] = out
	}
	return out
}

// token returns the one token of that text.
func (sp *speller) token(text string) *spelledToken {
	t := sp.tokens[text]
	if t == nil {
		t = &spelledToken{text: strings.Clone(text)}
		sp.tokens[t.text] = t
	}
	return t
}

// appendForms adds the tokens of one word: as it is, its parts around apostrophes, and their stems.
func appendForms(out []string, word string, st *stemmer) []string {
	from := len(out)
	add := func(t string) {
		if t == "" {
			return
		}
		for _, have := range out[from:] {
			if have == t {
				return
			}
		}
		out = append(out, t)
	}
	add(token(word))
	if strings.IndexFunc(word, isSingle) < 0 {
		if st != nil {
			add(st.stem(word))
		}
		return out
	}
	for _, p := range strings.FieldsFunc(word, isSingle) {
		if utf8.RuneCountInString(p) < 2 { // the article of "l’Ukraine", the "s" of "Turkey’s"
			continue
		}
		add(token(p))
		if st != nil {
			add(st.stem(p))
		}
	}
	return out
}

// hyphenParts cuts a word at its hyphens and underscores.
func hyphenParts(w string) []string {
	cut := func(r rune) bool { return r == '_' || isDash(r) }
	if strings.IndexFunc(w, cut) < 0 {
		return []string{w}
	}
	return strings.FieldsFunc(w, cut)
}

// Query returns, for each word a person typed, the tokens any of which may match it. No operator survives: tokens are
// letters and digits. The language typed is unknown, so each word comes as it is and stemmed in every language of its
// script. Small words ("the", "der") are left out when others remain.
func Query(q string) [][]string {
	if len(q) > 2000 {
		q = strings.ToValidUTF8(q[:2000], "")
	}
	q = Normalize(q)
	var out [][]string
	var small []bool
	all := allStemmers()
	for i := 0; len(out) < maxQueryWords; {
		w, kind := nextWord(q, i)
		if w.Len() == 0 {
			break
		}
		i = w.End
		if kind == cjkRun {
			for _, b := range bigrams(w.Of(q)) {
				out, small = append(out, []string{b}), append(small, false)
			}
			continue
		}
		for _, part := range hyphenParts(w.Of(q)) {
			var forms []string
			for _, st := range all {
				if !st.reads(part) {
					continue
				}
				for _, t := range appendForms(nil, part, st) {
					if !contains(forms, t) {
						forms = append(forms, t)
					}
				}
			}
			if len(forms) == 0 {
				forms = appendForms(nil, part, nil)
			}
			if len(forms) > 0 {
				out, small = append(out, forms), append(small, smallWord(part))
			}
		}
	}
	var kept [][]string
	for i, forms := range out {
		if !small[i] {
			kept = append(kept, forms)
		}
	}
	if len(kept) == 0 {
		kept = out
	}
	if len(kept) > maxQueryWords {
		kept = kept[:maxQueryWords]
	}
	return kept
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if t == s {
			return true
		}
	}
	return false
}

// bigrams returns the overlapping pairs of characters of a CJK run; a single character alone.
func bigrams(run string) []string {
	run = token(run)
	var out []string
	a, b := 0, 0 // starts of the last two characters
	for i, r := range run {
		if i == 0 || unicode.Is(unicode.M, r) {
			continue
		}
		if b > 0 {
			out = append(out, run[a:i])
			a = b
		}
		b = i
	}
	return append(out, run[a:])
}

// token folds a word or run for search: compatibility forms, no marks, lower case, letters and digits only.
func token(w string) string {
	ascii, up := true, false
	for i := 0; i < len(w); i++ {
		c := w[i]
		if c >= utf8.RuneSelf || !wordRune(rune(c)) {
			ascii = false
			break
		}
		up = up || c >= 'A' && c <= 'Z'
	}
	if ascii {
		if up {
			w = strings.ToLower(w)
		}
		return cut(w)
	}
	return cut(foldToken(w))
}

// foldToken is token for words that are not plain ASCII.
func foldToken(w string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(w) {
		if searchMark(r) {
			continue
		}
		if l, ok := lower(r); ok {
			r = l
		} else {
			b.WriteString("ss")
			continue
		}
		if alt := plainLetter(r); alt != "" {
			b.WriteString(alt)
		} else if wordRune(r) && r != 'ـ' {
			b.WriteRune(r)
		}
	}
	// Hangul and kana are put together again; capitals may have come out of compatibility forms.
	return norm.NFC.String(b.String())
}

// stripMarks takes the diacritical marks off folded letters.
func stripMarks(t string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(t) {
		if !searchMark(r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// searchMark reports whether r is a mark that search ignores: accents, points and vowel signs of Latin, Greek, Cyrillic,
// Hebrew and Arabic. The vowel signs of Indic scripts and the voicing marks of kana change the word and stay.
func searchMark(r rune) bool {
	switch {
	case r < 0x300:
		return false
	case r <= 0x36f, r >= 0x483 && r <= 0x487, r >= 0x591 && r <= 0x5c7, r >= 0x610 && r <= 0x61a,
		r >= 0x64b && r <= 0x65f, r == 0x670, r >= 0x6d6 && r <= 0x6dc, r >= 0x6df && r <= 0x6e8, r >= 0x6ea && r <= 0x6ed,
		r >= 0x1ab0 && r <= 0x1aff, r >= 0x1dc0 && r <= 0x1dff, r >= 0x20d0 && r <= 0x20ff, r >= 0xfe20 && r <= 0xfe2f:
		return true
	}
	return false
}

// plainLetter gives letters that decompose into nothing the form people type without the right keyboard; "" for others.
func plainLetter(r rune) string {
	switch r {
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'đ', 'ð':
		return "d"
	case 'ł':
		return "l"
	case 'ı':
		return "i"
	case 'þ':
		return "th"
	case 'ə':
		return "e"
	case 'ى', 'ی': // Arabic and Persian spell the same letter with different code points
		return "ي"
	case 'ک':
		return "ك"
	case 'ة':
		return "ه"
	case 'ґ':
		return "г"
	}
	return ""
}

// cut keeps the first maxToken letters.
func cut(t string) string {
	if len(t) <= maxToken {
		return t
	}
	n := 0
	for i := range t {
		if n++; n > maxToken {
			return t[:i]
		}
	}
	return t
}
