package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// In Chinese and Japanese no spaces divide words, so the speaker is read from the letters beside the marks: in
// Chinese an office stands before the name and the verb after it, in Japanese the office follows
// the name, a particle follows the office, and the verb ends the sentence.

// cjkReach is how many bytes of the sentence beside the marks are read: about 40 signs.
const cjkReach = 120

// clauseEnd are the signs at which the words about a quotation begin or end.
const clauseEnd = "。！？；!?;\n」』”》"

// cjkName is how many signs a name may have; transcribed names with a dot may be longer.
const (
	cjkName       = 4
	cjkTranscribe = 14
)

func (f *frame) cjk() bool { return f.lang.code == "zh" || f.lang.code == "ja" }

// cjkSpeaker finds name, office and verb of the quotation at token i.
func (f *frame) cjkSpeaker(i int) (name text.Span, role, verb string) {
	before, after := f.beside(i)
	if f.lang.code == "ja" {
		return f.japanese(before, after)
	}
	return f.chinese(before, after)
}

// beside returns what stands before and after the quotation at token i, to the end of the clause.
func (f *frame) beside(i int) (before, after text.Span) {
	t := f.toks[i]
	from := max(f.span.Start, t.start-cjkReach)
	for from < t.start && !utf8.RuneStart(f.src[from]) {
		from++
	}
	if i > 0 {
		for k := i - 1; k >= 0; k-- {
			if f.toks[k].kind == quoted {
				from = max(from, f.toks[k].end)
				break
			}
		}
	}
	to := min(f.span.End, t.end+cjkReach)
	for to > t.end && to < len(f.src) && !utf8.RuneStart(f.src[to]) {
		to--
	}
	before = text.Span{Start: from, End: t.start}
	if n := strings.LastIndexAny(before.Of(f.src), clauseEnd); n >= 0 {
		_, w := utf8.DecodeRuneInString(f.src[from+n:])
		before.Start += n + w
	}
	after = text.Span{Start: t.end, End: to}
	if n := strings.IndexAny(after.Of(f.src), clauseEnd+"「『“《"); n >= 0 {
		after.End = after.Start + n
	}
	return before, after
}

// chinese reads "外交部发言人NAME表示：" before the marks or "NAME说" after them.
func (f *frame) chinese(before, after text.Span) (text.Span, string, string) {
	for _, p := range []text.Span{before, after} {
		at, verb := f.firstOf(p, "verbs", p == before)
		if verb == "" {
			continue
		}
		s := text.Span{Start: p.Start, End: at}
		if n := strings.LastIndexAny(s.Of(f.src), "，,、：:"); n >= 0 && n < s.Len() {
			_, w := utf8.DecodeRuneInString(f.src[s.Start+n:])
			if s.Start+n+w < s.End {
				s.Start += n + w
			}
		}
		role := ""
		if k, title := f.firstOf(s, "titles", true); title != "" {
			role = text.Span{Start: s.Start, End: k + len(title)}.Of(f.src)
			s.Start = k + len(title)
		}
		for again := true; again && s.Len() > 0; { // "他补充说": two verbs
			again = false
			for _, v := range f.lang.set("verbs").all() {
				if strings.HasSuffix(s.Of(f.src), v) && len(v) < s.Len() {
					s.End -= len(v)
					again = true
				}
			}
		}
		// What follows the name: when and to whom it was said.
		for _, stop := range f.lang.set("stops").all() {
			if n := strings.Index(s.Of(f.src), stop); n > 0 {
				s.End = s.Start + n
			}
		}
		if f.nameLike(s) || f.lang.values["pronouns"][s.Of(f.src)] != "" {
			return s, role, verb
		}
		if s.Len() == 0 && role != "" {
			return text.Span{Start: s.Start - len(role), End: s.Start}, role, verb
		}
		return text.Span{}, "", verb
	}
	return text.Span{}, "", ""
}

// japanese reads "NAME外相は「…」と述べた" and "「…」とNAME外相は語った".
func (f *frame) japanese(before, after text.Span) (text.Span, string, string) {
	_, verb := f.firstOf(after, "verbs", true)
	for _, p := range []text.Span{before, after} {
		s := p
		n, particle := f.firstOf(s, "particles", false)
		if particle == "" {
			continue
		}
		s.End = n
		if p == after || p.Start > f.span.Start {
			s.Start += len(s.Of(f.src)) - len(strings.TrimPrefix(s.Of(f.src), "と"))
		}
		role := ""
		for _, title := range f.lang.set("titles").all() {
			if strings.HasSuffix(s.Of(f.src), title) && len(title) > len(role) {
				role = title
			}
		}
		s.End -= len(role)
		if k := strings.LastIndexAny(s.Of(f.src), "、，の"); k >= 0 {
			_, w := utf8.DecodeRuneInString(f.src[s.Start+k:])
			s.Start += k + w
		}
		if role != "" && len(text.Countries(s.Of(f.src), "ja")) > 0 { // "フランス大統領": a country, no name
			s.Start = s.End
		}
		if (role != "" || verb != "") && (f.nameLike(s) || f.lang.values["pronouns"][s.Of(f.src)] != "") {
			return s, role, verb
		}
		if s.Len() == 0 && role != "" { // "ノルド外相は「…」": no name
			end := s.End + len(role)
			full := strings.TrimPrefix(f.cjkRole(s.End, len(role)), "と")
			return text.Span{Start: end - len(full), End: end}, full, verb
		}
	}
	return text.Span{}, "", verb
}

// firstOf finds a word of the section in p: the last one when last is set, else the first; the longer of two at one place.
func (f *frame) firstOf(p text.Span, section string, last bool) (int, string) {
	at, word := -1, ""
	s := p.Of(f.src)
	for _, w := range f.lang.set(section).all() {
		n := strings.Index(s, w)
		if last {
			n = strings.LastIndex(s, w)
		}
		if n < 0 {
			continue
		}
		end, best := n+len(w), at+len(word)
		if at < 0 || last && (end > best || end == best && len(w) > len(word)) || !last && (n < at || n == at && len(w) > len(word)) {
			at, word = n, w
		}
	}
	if at < 0 {
		return 0, ""
	}
	return p.Start + at, word
}

// nameLike reports whether p may be a name: two to four signs, or a transcribed name.
func (f *frame) nameLike(p text.Span) bool {
	if p.Start >= p.End {
		return false
	}
	n := 0
	foreign := false
	for _, r := range p.Of(f.src) {
		if !unicode.IsLetter(r) && r != '·' && r != '・' && r != 'ー' && r != '＝' {
			return false
		}
		foreign = foreign || r == '·' || r == '・' || unicode.In(r, unicode.Katakana)
		n++
	}
	return n >= 2 && (n <= cjkName || foreign && n <= cjkTranscribe || f.lang.code == "ja" && n <= cjkName+2)
}
