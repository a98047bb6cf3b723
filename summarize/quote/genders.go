package quote

import "strings"

// guess reads the gender of a person from the ending of the first name, 0 when it says nothing.
func (ps *people) guess(p *person) byte {
	if ps.names == nil || !strings.Contains(p.text, " ") {
		return 0
	}
	switch {
	case ps.names.set("male").has(p.first):
		return 'm'
	case ps.names.set("female").has(p.first):
		return 'f'
	case ps.names.set("male_endings").has(p.first):
		return 'm'
	case ps.names.set("female_endings").has(p.first):
		return 'f'
	}
	return 0
}

// learnGender reads the gender of a subject from the past tense of a Slavic verb: "сказала", "сказал".
func (p *person) learnGender(f *frame, verb string) {
	if p == nil || p.gender != 0 || f.lang.set("past_f") == none {
		return
	}
	verb = strings.ToLower(verb)
	switch {
	case f.lang.set("past_f").has(verb):
		p.gender = 'f'
	case f.lang.set("past_m").has(verb):
		p.gender = 'm'
	}
}

// genders learns who is "he" and who is "she": in a sentence that names one person, the pronouns after the
// name mostly mean that person.
func (ps *people) genders(frames []*frame) {
	type votes struct{ m, f int }
	tally := map[*person]*votes{}
	for _, f := range frames {
		var who *person
		many := false
		at := 0
		vote := func(i int) {
			if who == nil || many || i <= at {
				return
			}
			g := f.lang.values["pronouns"][f.toks[i].low]
			if g == "" || g == "n" {
				g = f.lang.values["possessives"][f.toks[i].low]
			}
			v := tally[who]
			if v == nil {
				v = &votes{}
				tally[who] = v
			}
			if own := ps.guess(who); own != 0 && g != "" && g[0] != own {
				return // another person's pronoun: "Oskar Brandt left. She said"
			}
			switch g {
			case "m":
				v.m++
			case "f":
				v.f++
			}
		}
		for i := 0; i < len(f.toks); i++ {
			if f.nameStarts(i) {
				j := f.run(i)
				if a, b := f.core(i, j); a < b {
					if p := ps.lookup(f, a, b); p.human() {
						if who != nil && p != who {
							many = true
						}
						who, at = p, j
					}
				}
				if j > i {
					i = j - 1
				}
				if f.toks[i].ends {
					who, many = nil, false
				}
				continue
			}
			vote(i)
			if f.toks[i].ends && (many || i+1 >= len(f.toks) || f.lang.values["pronouns"][f.toks[min(i+1, len(f.toks)-1)].low] == "") {
				who, many = nil, false
			}
		}
	}
	for p, v := range tally {
		if p.gender == 0 && v.m+v.f > 0 {
			switch {
			case v.m > 2*v.f:
				p.gender = 'm'
			case v.f > 2*v.m:
				p.gender = 'f'
			}
		}
	}
}
