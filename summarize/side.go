package summarize

import (
	"slices"
	"strings"

	"attache/internal/text"
	"attache/summarize/verify"
)

const (
	// subjectReach is how many words stand between a government and the verb with which it speaks, at most: "Norland's deputy
	// foreign minister for trade, Ana Tervo, said".
	subjectReach = 8
	// abbreviated is the longest word whose full stop may end no sentence, in bytes: "U.S.", "Gen."
	abbreviated = 3
	// sideNear is the least cosine of a statement with the lead and the titles for it to be of the same thing.
	sideNear = .12
	// officesHead is how much of an article is read for who holds which office, in bytes: people are introduced early.
	officesHead = 30_000
)

// bothSides marks the statements of governments, and reports whether two or more of them speak of what the best statement and
// the titles say; where not, nothing is marked. The government is the source's own where the source is official, else the one to
// which the sentence ascribes what it says.
func (s *story) bothSides(us []unit) bool {
	best := -1
	for i := range us {
		if !us[i].opinion && (best < 0 || us[i].score > us[best].score) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	about := unit{terms: merge(us[best].terms, s.subject)}
	about.norm = norm(about.terms)
	holders := make([]map[string]string, len(s.docs))
	heard := map[string]bool{}
	for i := range us {
		u := &us[i]
		d := &s.docs[u.doc]
		u.side = ""
		if u.opinion || u.quoted > .9 || cosine(u, &about) < sideNear {
			continue
		}
		if holders[u.doc] == nil {
			holders[u.doc] = verify.Holders(clip(d.Text, officesHead), d.Lang)
		}
		if u.side = sideOf(d, u.own, holders[u.doc]); u.side != "" {
			heard[u.side] = true
		}
	}
	if len(heard) > 1 {
		return true
	}
	for i := range us {
		us[i].side = ""
	}
	return false
}

// hear gives a second government one of at most n statements where only one has any, in place of the last that is neither the lead
// nor limits it, and reports whether two have one.
func (c *choice) hear(n int) bool {
	heard := map[string]bool{}
	for _, i := range c.picked {
		heard[c.us[i].side] = true
	}
	delete(heard, "")
	for _, i := range ranked(c.us) {
		u := &c.us[i]
		if len(heard) > 1 || len(c.picked) == 0 {
			break
		}
		if u.side == "" || heard[u.side] || c.said(u, twin) {
			continue
		}
		if len(c.picked) < n {
			c.picked = append(c.picked, i)
			heard[u.side] = true
			continue
		}
		for k := len(c.picked) - 1; k > 0; k-- {
			o := c.picked[k]
			mine := c.us[o].side
			if c.limits[o] || mine != "" && len(heard) > 0 && c.only(mine) {
				continue
			}
			c.picked[k] = i
			heard[u.side] = true
			break
		}
	}
	return len(heard) > 1
}

// only reports whether just one picked statement is of a side.
func (c *choice) only(side string) bool {
	n := 0
	for _, i := range c.picked {
		if c.us[i].side == side {
			n++
		}
	}
	return n == 1
}

// sideOf returns the one government that states a sentence, "" where nobody or more than one does. own is the sentence without
// the words between marks, holders are the countries of those who hold an office in the article.
func sideOf(d *Document, own string, holders map[string]string) string {
	c := clause{own: own, lang: d.Lang, lex: lexiconOf(d.Lang), holders: holders, spans: text.Words(own)}
	for _, w := range c.spans {
		c.words = append(c.words, lower(w.Of(own)))
	}
	side := ""
	speech := c.lex.places(cueSpeech, c.words)
	for i, at := range append(speech, c.lex.places(cueStates, c.words)...) {
		found := c.before(at[0])
		if found == "" && i < len(speech) { // nobody writes "…, welcomed Norland"
			found = c.behind(at[0], at[1])
		}
		if found == "" || found == side {
			continue
		}
		if side != "" {
			return ""
		}
		side = found
	}
	if side == "" && d.Official {
		return d.Country
	}
	return side
}

// sideAt is sideOf for evidence.
func sideAt(d *Document, e Evidence, holders map[string]string) string {
	own, _ := outside(d.Text, e.Span, verify.Stretches(d.Text, d.Quotes))
	return sideOf(d, own, holders)
}

// parties gives bullets that a model wrote the government that states their evidence, where two or more do. It does so
// whenever the brief is proven: whose official source an article is from is each guild's own, and the brief is shared.
func parties(bullets []Bullet, docs []Document) {
	if !publicAffairs(docs) {
		return
	}
	sides, heard := make([]string, len(bullets)), map[string]bool{}
	holders := make([]map[string]string, len(docs))
	for i, b := range bullets {
		e := b.Evidence[0]
		j := slices.IndexFunc(docs, func(d Document) bool { return d.Article == e.Article && d.Revision == e.Revision })
		if j < 0 {
			continue
		}
		if holders[j] == nil {
			holders[j] = verify.Holders(clip(docs[j].Text, officesHead), docs[j].Lang)
		}
		if sides[i] = sideAt(&docs[j], e, holders[j]); sides[i] != "" {
			heard[sides[i]] = true
		}
	}
	for i := range bullets {
		if bullets[i].Side = ""; len(heard) > 1 {
			bullets[i].Side = sides[i]
		}
	}
}

// A clause is a sentence in which the subject of a verb is looked for.
type clause struct {
	own, lang string
	lex       *lexicon
	holders   map[string]string
	spans     []text.Span
	words     []string
}

// before returns the government that is the subject of the verb at words[at]: "Norland's foreign ministry said", "Moscow said",
// "Tervo said" where the article says whose minister Tervo is. The subject is all of the clause before the verb, or that with
// a name put in: "Norland's minister for trade, Ana Tervo, said".
func (c *clause) before(at int) string {
	if at == 0 || c.parted(at) {
		return ""
	}
	from := c.begin(at)
	switch {
	case !c.comma(at):
		return c.subject(from, at, at-1)
	case !c.comma(from):
		return "" // nothing is put in: "the EU opened its borders, welcoming …"
	}
	if found := c.subject(from, at, at-1); found != "" {
		return found
	}
	return c.subject(c.begin(from), from, from-1)
}

// begin returns where the words before to begin that no mark parts, as far as a subject reaches.
func (c *clause) begin(to int) int {
	from := to
	for from > 0 && to-from <= subjectReach && (from == to || !c.parted(from) && !c.comma(from)) {
		from--
	}
	return from
}

// behind is before for a verb that its subject follows: "…, said the foreign ministry of Norland", "according to the Kremlin".
func (c *clause) behind(at, end int) string {
	if end >= len(c.spans) || at > 0 && !strings.ContainsAny(c.own[c.spans[at-1].End:c.spans[at].Start], ",”") {
		return ""
	}
	to := end
	for to < len(c.spans) && to-end <= subjectReach && (to == end || !c.parted(to) && !c.comma(to)) {
		to++
	}
	return c.subject(end, to, end)
}

// comma reports whether a comma stands before words[i].
func (c *clause) comma(i int) bool {
	return i > 0 && strings.ContainsAny(c.own[c.spans[i-1].End:c.spans[i].Start], ",،、，")
}

// subject returns the government that words[from:to] name: they are few, and begin with it or its office. Of anything else a verb
// may be told: "no Russian delegation was invited, the hosts said".
func (c *clause) subject(from, to, beside int) string {
	if c.comma(from) && to-from > 1 && text.Stopword(c.words[from], c.lang) {
		from++ // "…, and the government of Norland denied it"
	}
	if to-from > subjectReach || to <= from {
		return ""
	}
	if of := c.holders[verify.Surname(c.spans[to-1].Of(c.own))]; of != "" {
		return of
	}
	begins := func(at int) bool { return at <= c.spans[min(from+1, to-1)].Start }
	s := c.own[c.spans[from].Start:c.spans[to-1].End]
	all, public := text.Countries(s, c.lang), c.lex.places(cuePublic, c.words[from:to])
	if !(len(all) > 0 && begins(c.spans[from].Start+all[0].Start)) && !(len(public) > 0 && begins(c.spans[from+public[0][0]].Start)) {
		return ""
	}
	return c.government(from, to, beside)
}

// parted reports whether a mark other than a comma, or a blanked quotation, stands before words[i].
func (c *clause) parted(i int) bool {
	if i == 0 {
		return false
	}
	between := c.own[c.spans[i-1].End:c.spans[i].Start]
	return strings.ContainsAny(between, ";:“”!?—–") || strings.Contains(between, ".") && c.spans[i-1].Len() > abbreviated
}

// government returns the one country among words[from:to] that speaks as a government: an office, a ministry or a house stands with
// it, or it is itself the word at beside.
func (c *clause) government(from, to, beside int) string {
	base := c.spans[from].Start
	s := c.own[base:c.spans[to-1].End]
	all := text.Countries(s, c.lang)
	if len(all) == 0 {
		return ""
	}
	public := c.lex.places(cuePublic, c.words[from:to])
	first := all[0]
	if i := slices.IndexFunc(all, func(m text.Mention) bool { return m.Code != first.Code }); i >= 0 {
		// "the U.S. ambassador to Russia" speaks for the first; "Norland and Estrova" for neither alone
		between := slices.ContainsFunc(public, func(p [2]int) bool {
			at := c.spans[from+p[0]].Start - base
			return at >= first.End && at < all[i].Start
		})
		if !between {
			return ""
		}
		return first.Code
	}
	if len(public) > 0 {
		return first.Code
	}
	for _, m := range all {
		if p := c.spans[beside]; p.Start >= base+m.Start && p.Start < base+m.End && !c.small(base+m.Start) {
			return first.Code
		}
	}
	return ""
}

// small reports whether a preposition or article stands before byte at: "officials in Moscow".
func (c *clause) small(at int) bool {
	i, _ := slices.BinarySearchFunc(c.spans, at, func(p text.Span, at int) int { return p.Start - at })
	return i > 0 && text.Stopword(c.words[i-1], c.lang)
}
