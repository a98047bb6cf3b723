package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// A pair is one outermost pair of quotation marks within a paragraph. A pair that is open runs to the
// end of its paragraph: the quotation goes on in the next.
type pair struct {
	start, end int       // bytes of the article, marks included
	in         text.Span // between the marks
	open       bool      // no closing mark
	single     bool      // single marks: ‘ ’ ‚ '
	title      bool      // 《 》 and 〈 〉, which hold titles of works
}

// A mark is one quotation mark of a paragraph.
type mark struct {
	at, size      int
	form          string // canonical form, see forms
	spaceL, lineL bool   // white space, or the paragraph's edge, on the left
	spaceR        bool   // white space, punctuation or the edge on the right
	wordL, wordR  bool
	gapR          bool // white space or edge on the right
	digitL        bool
}

const singles = "‘’‚‛'‹›"

// closers says which marks may close an opening mark, best first.
var closers = map[string]string{
	"“": "”\"“", "„": "“”\"„", "‟": "”\"", "”": "”“\"", "\"": "\"”", "''": "''", "``": "''", "«": "»", "»": "«»",
	"‘": "’'", "‚": "‘’", "‛": "’", "'": "'", "‹": "›", "›": "‹", "「": "」", "『": "』", "《": "》", "〈": "〉", "＂": "＂",
}

func isMark(r rune) bool {
	switch r {
	case '“', '”', '„', '‟', '"', '«', '»', '‘', '’', '‚', '‛', '\'', '‹', '›', '「', '」', '『', '』', '《', '》', '〈', '〉', '`', '＂':
		return true
	}
	return false
}

// marksOf lists the marks of the paragraph s[p.Start:p.End].
func marksOf(s string, p text.Span) []mark {
	var out []mark
	for i := p.Start; i < p.End; {
		r, n := utf8.DecodeRuneInString(s[i:p.End])
		if !isMark(r) {
			i += n
			continue
		}
		form := s[i : i+n]
		if i+2*n <= p.End && s[i+n:i+2*n] == form { // '' `` ‘‘ ’’ stand for double marks
			switch form {
			case "'":
				form, n = "''", 2
			case "`":
				form, n = "``", 2
			case "‘":
				form, n = "“", 2*n
			case "’":
				form, n = "”", 2*n
			}
		}
		if form == "`" {
			i += n
			continue
		}
		m := mark{at: i, size: n, form: form}
		l, _ := utf8.DecodeLastRuneInString(s[p.Start:i])
		if i == p.Start {
			m.lineL, m.spaceL = true, true
		} else {
			m.spaceL = unicode.IsSpace(l) || strings.ContainsRune("([{—–-/…:=¿¡", l) || isMark(l)
			m.wordL = unicode.IsLetter(l) || unicode.IsDigit(l)
			m.digitL = unicode.IsDigit(l)
			if strings.TrimSpace(strings.Trim(s[p.Start:i], "—–-*•> ")) == "" {
				m.lineL = true
			}
		}
		nx, _ := utf8.DecodeRuneInString(s[i+n : p.End])
		if i+n == p.End {
			m.spaceR, m.gapR = true, true
		} else {
			m.gapR = unicode.IsSpace(nx)
			m.spaceR = m.gapR || unicode.IsPunct(nx) || isMark(nx)
			m.wordR = unicode.IsLetter(nx) || unicode.IsDigit(nx)
		}
		out = append(out, m)
		i += n
	}
	return out
}

// opens reports whether m may begin a quotation.
func (m mark) opens() bool {
	switch m.form {
	case "“", "„", "‟", "``", "「", "『", "《", "〈":
		return true
	case "«":
		return true
	case "\"", "''", "＂":
		return !m.gapR && !m.digitL && (m.spaceL || !m.wordL)
	case "»", "”", "›":
		return m.spaceL && m.wordR
	case "‘", "‚", "‛", "‹":
		return m.spaceL && !m.gapR
	case "'":
		return m.spaceL && m.wordR
	}
	return false
}

// shuts reports whether m may end a quotation that o began.
func (m mark) shuts(o mark) bool {
	if !strings.Contains(closers[o.form], m.form) {
		return false
	}
	switch m.form {
	case "“", "„": // closes in German, or by mistake
		return o.form == "„" && m.form == "“" || !(m.spaceL && m.wordR)
	case "\"", "＂", "''":
		return !m.spaceL || m.gapR || m.spaceR || isDash(m)
	case "’", "'", "‘":
		return m.spaceR && !m.spaceL
	case "»":
		return o.form == "«" || !m.spaceL
	}
	return true
}

func isDash(m mark) bool { return !m.wordR }

// pairs finds the outermost pairs of marks of each paragraph of s.
func pairs(s string, paras []text.Span) [][]pair {
	out := make([][]pair, len(paras))
	doubles := 0
	marks := make([][]mark, len(paras))
	for i, p := range paras {
		marks[i] = marksOf(s, p)
	}
	opensWith := func(i int) string {
		if i < len(marks) && len(marks[i]) > 0 && marks[i][0].lineL {
			return marks[i][0].form
		}
		return ""
	}
	for i, p := range paras {
		var next string
		if i+1 < len(paras) {
			next = opensWith(i + 1)
		}
		out[i] = pairUp(s, p, marks[i], next, false)
		doubles += len(out[i])
	}
	// Single marks quote only where the article has no double ones: beside double marks they hold
	// headlines, words as words, and quotations inside quotations.
	if doubles > 1 {
		return out
	}
	for i, p := range paras {
		var next string
		if i+1 < len(paras) {
			next = opensWith(i + 1)
		}
		if len(out[i]) == 0 {
			out[i] = pairUp(s, p, marks[i], next, true)
		}
	}
	return out
}

// pairUp pairs the marks of one paragraph. A mark that finds no partner is dropped alone, so that an odd
// number of marks costs one quotation. next is the form of the mark that opens the next paragraph.
func pairUp(s string, p text.Span, marks []mark, next string, single bool) []pair {
	var ms []mark
	for _, m := range marks {
		if strings.Contains(singles, m.form) == single || !single && strings.Contains("‹›", m.form) {
			ms = append(ms, m)
		}
	}
	var out []pair
	for i := 0; i < len(ms); i++ {
		o := ms[i]
		if !o.opens() {
			continue
		}
		j := partner(s, p, ms, i)
		if j < 0 {
			if (o.lineL || next == o.form && begins(s, p, o)) && onlyOpeners(ms[i+1:]) && !single {
				out = append(out, pair{start: o.at, end: p.End, in: text.Span{Start: o.at + o.size, End: p.End}, open: true})
			}
			continue
		}
		c := ms[j]
		out = append(out, pair{start: o.at, end: c.at + c.size, in: text.Span{Start: o.at + o.size, End: c.at},
			single: single, title: o.form == "《" || o.form == "〈"})
		i = j
	}
	return out
}

// begins reports whether a sentence begins at the mark o inside a paragraph: only such a quotation runs on.
func begins(s string, p text.Span, o mark) bool {
	before := strings.TrimRight(s[p.Start:o.at], " \u00a0\u202f")
	r, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s[o.at+o.size:p.End], " \u00a0\u202f"))
	return strings.ContainsRune(":：,.!?…—–-", r) || unicode.IsUpper(first)
}

// onlyOpeners reports that no later mark of the paragraph could begin a quotation of its own.
func onlyOpeners(ms []mark) bool {
	for _, m := range ms {
		if m.opens() {
			return false
		}
	}
	return true
}

// partner returns the index of the mark that closes ms[i], or -1.
func partner(s string, p text.Span, ms []mark, i int) int {
	o := ms[i]
	depth := 0
	last := -1
	for j := i + 1; j < len(ms); j++ {
		m := ms[j]
		if m.shuts(o) {
			if strings.Contains(singles, o.form) {
				// An apostrophe may look like a closing mark; one after punctuation is surer.
				r, _ := utf8.DecodeLastRuneInString(s[p.Start:m.at])
				if !strings.ContainsRune(",.?!…", r) {
					if last < 0 {
						last = j
					}
					continue
				}
				return j
			}
			if depth > 0 {
				depth--
				continue
			}
			return j
		}
		if m.opens() && m.form == o.form {
			if strings.Contains(singles, o.form) {
				return last
			}
			if !asymmetric(o.form) || !twoClose(ms[j+1:], o) {
				return -1 // the earlier mark has lost its partner
			}
			depth++
		}
	}
	return last
}

func asymmetric(form string) bool { return form != "\"" && form != "''" && form != "＂" }

// twoClose reports whether two closing marks come before the next opening one, so that the last opener was nested.
func twoClose(ms []mark, o mark) bool {
	n := 0
	for _, m := range ms {
		switch {
		case m.shuts(o):
			if n++; n == 2 {
				return true
			}
		case m.opens() && m.form == o.form:
			return false
		}
	}
	return false
}

// trimmed is the span without white space at both ends and without a trailing comma or full stop.
func trimmed(s string, p text.Span) text.Span {
	for p.Start < p.End {
		r, n := utf8.DecodeRuneInString(s[p.Start:p.End])
		if !unicode.IsSpace(r) {
			break
		}
		p.Start += n
	}
	cut := true
	for p.Start < p.End {
		r, n := utf8.DecodeLastRuneInString(s[p.Start:p.End])
		if unicode.IsSpace(r) {
			p.End -= n
			continue
		}
		if cut && strings.ContainsRune(",.，。、،", r) && !strings.HasSuffix(s[p.Start:p.End], "..") {
			p.End -= n
			cut = false
			continue
		}
		break
	}
	return p
}
