package text

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// A browser's way with a directive, after the specification of scroll-to-text-fragment: each part is looked for in
// single paragraphs, ignoring case, on word boundaries; a prefix must stand right before, a suffix right behind, with
// nothing but white space between. resolve returns what would be marked.
func resolve(t testing.TB, article, directive string) (Span, bool) {
	t.Helper()
	rest, ok := strings.CutPrefix(directive, "text=")
	if !ok || strings.ContainsAny(rest, "&- \n") && !strings.Contains(rest, "-,") && !strings.Contains(rest, ",-") {
		t.Fatalf("not a directive: %q", directive)
	}
	var prefix, start, end, suffix string
	parts := strings.Split(rest, ",")
	dec := func(s string) string {
		u, err := url.PathUnescape(s)
		if err != nil || strings.Contains(u, "\n") || u == "" {
			t.Fatalf("part %q of %q: %v", s, directive, err)
		}
		return u
	}
	if p, ok := strings.CutSuffix(parts[0], "-"); ok {
		prefix, parts = dec(p), parts[1:]
	}
	if p, ok := strings.CutPrefix(parts[len(parts)-1], "-"); ok {
		suffix, parts = dec(p), parts[:len(parts)-1]
	}
	start = dec(parts[0])
	if len(parts) > 1 {
		end = dec(parts[1])
	}
	if len(parts) > 2 {
		t.Fatalf("parts of %q", directive)
	}
	skip := func(i int) int {
		for i < len(article) && (article[i] == ' ' || article[i] == '\n') {
			i++
		}
		return i
	}
	for from := 0; ; {
		at := from
		if prefix != "" {
			p, ok := browserFind(article, prefix, from, true, false)
			if !ok {
				return Span{}, false
			}
			_, n := utf8.DecodeRuneInString(article[p.Start:])
			from = p.Start + n
			at = skip(p.End)
		}
		s, ok := browserFind(article, start, at, true, end != "" || suffix == "")
		if !ok {
			return Span{}, false
		}
		if prefix != "" && s.Start != at {
			continue
		}
		if prefix == "" {
			_, n := utf8.DecodeRuneInString(article[s.Start:])
			from = s.Start + n
		}
		if end != "" {
			e, ok := browserFind(article, end, s.End, true, true)
			if !ok {
				return Span{}, false
			}
			s.End = e.End
		}
		if suffix != "" {
			f, ok := browserFind(article, suffix, skip(s.End), false, true)
			if !ok || f.Start != skip(s.End) {
				continue
			}
		}
		return s, true
	}
}

// browserFind finds needle by comparing letters one by one, so that it shares nothing with what it checks.
func browserFind(article, needle string, from int, wordStart, wordEnd bool) (Span, bool) {
	for i := from; i < len(article); i++ {
		if !utf8.RuneStart(article[i]) {
			continue
		}
		j, k := i, 0
		for k < len(needle) && j < len(article) {
			a, n := utf8.DecodeRuneInString(article[j:])
			b, m := utf8.DecodeRuneInString(needle[k:])
			if a == '\n' || unicode.ToLower(a) != unicode.ToLower(b) {
				break
			}
			j, k = j+n, k+m
		}
		if k == len(needle) && (!wordStart || !midWord(article, i)) && (!wordEnd || !midWord(article, j)) {
			return Span{i, j}, true
		}
	}
	return Span{}, false
}

func midWord(s string, i int) bool {
	if i == 0 || i == len(s) {
		return false
	}
	a, _ := utf8.DecodeLastRuneInString(s[:i])
	b, _ := utf8.DecodeRuneInString(s[i:])
	w := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) }
	// Browsers break between ideographs and anything else, by dictionary; not between Hangul and Latin.
	free := func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー'
	}
	return w(a) && w(b) && !free(a) && !free(b)
}

// words of the span, from the first to the last: what a fragment is to mark.
func bareSpan(s string, p Span) Span {
	in := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) }
	t := strings.TrimLeftFunc(p.Of(s), func(r rune) bool { return in(r) || unicode.Is(unicode.M, r) })
	p.Start = p.End - len(t)
	p.End = p.Start + len(strings.TrimRightFunc(t, in))
	return p
}

const fragmentArticle = `The talks began in Geneva on Monday. The talks began in Geneva after a long night, and the two sides spoke, for once, of peace.
“We agree on the text,” the envoy said. “We agree on the text,” her colleague said - and left & slept.
The talks ended. Nobody knew why the second round, which had begun so well, should have ended.
Nobody knew.`

func TestFragment(t *testing.T) {
	find := func(s string, nth int) Span {
		at := -1
		for ; nth > 0; nth-- {
			at += 1 + strings.Index(fragmentArticle[at+1:], s)
		}
		return Span{at, at + len(s)}
	}
	for _, c := range []struct {
		name  string
		span  Span
		short bool
		want  string
	}{
		{"whole", find("The talks ended.", 1), false, "text=The%20talks%20ended"},
		{"short lengthened", find("The talks began in Geneva after a long night, and the two sides spoke", 1), true, "text=The%20talks%20began%20in%20Geneva%20after"},
		{"first occurrence", find("The talks began in Geneva on Monday.", 1), true, "text=The%20talks%20began%20in"},
		{"range", find("Nobody knew why the second round, which had begun so well, should have ended.", 1), false,
			"text=Nobody%20knew%20why%20the,well%2C%20should%20have%20ended"},
		{"needs context behind or before", find("We agree on the text", 2), false, "text=envoy%20said.%20%E2%80%9C-,We%20agree%20on%20the%20text"},
		{"encoded", find("said - and left & slept", 1), false, "text=said%20%2D%20and%20left%20%26%20slept"},
		{"word cut", Span{2, 9}, false, ""},
		{"no words", find(". ", 1), false, ""},
		{"repeated last", find("Nobody knew", 2), false, ""},
	} {
		got, ok := Fragment(fragmentArticle, c.span, c.short)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", c.name, got, ok, c.want)
		}
	}
}

func checkFragment(t *testing.T, article string, span Span, short bool) bool {
	d, ok := Fragment(article, span, short)
	if !ok {
		return false
	}
	want := bareSpan(article, span)
	got, found := resolve(t, article, d)
	if !found || got.Start != want.Start || (!short && got.End != want.End) || got.End > want.End {
		t.Fatalf("%q leads to %v %q, not %v %q, of %q", d, got, got.Of(article), want, want.Of(article), article)
	}
	return true
}

func TestFragmentsOfSentences(t *testing.T) {
	text := strings.Repeat("x ", 3) + fragmentArticle
	found := 0
	spans := Sentences(text, "en")
	for _, p := range spans {
		for _, short := range []bool{false, true} {
			if checkFragment(t, text, p, short) {
				found++
			}
		}
	}
	if found < 2*len(spans)-3 {
		t.Errorf("%d fragments for %d sentences", found, len(spans))
	}
}

func FuzzFragment(f *testing.F) {
	f.Add(fragmentArticle, 5, 40, false)
	f.Add(fragmentArticle, 36, 120, true)
	f.Add("a a a a a a a a b a a a a\na a a a a a a a a c", 4, 30, false)
	f.Add("Été, été; l’été - ETE a-b-c 双方同意 双方 同意 ß ss", 0, 30, false)
	f.Fuzz(func(t *testing.T, s string, start, end int, short bool) {
		s = Normalize(s)
		if len(s) > 400 || start < 0 || end > len(s) || start >= end || !utf8.RuneStart(s[start]) || end < len(s) && !utf8.RuneStart(s[end]) {
			return
		}
		checkFragment(t, s, Span{start, end}, short)
	})
}

func BenchmarkFragment(b *testing.B) {
	article := strings.Repeat("Words of many kinds fill the page until it is long enough to matter for the search. ", 60) + fragmentArticle
	span := Span{len(article) - 80, len(article) - len("\nNobody knew.")}
	for span.Start > 0 && article[span.Start-1] != ' ' {
		span.Start--
	}
	for b.Loop() {
		Fragment(article, span, false)
	}
}
