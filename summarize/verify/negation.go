package verify

// denials are the verbs of a source with and without "not" behind their auxiliary: "is not binding".
type denials struct {
	plain, denied map[string]bool // "is binding"
}

// auxiliaries are those behind which English puts its "not".
var auxiliaries = map[string]bool{"is": true, "are": true, "was": true, "were": true, "has": true, "have": true, "had": true, "will": true, "would": true, "can": true, "could": true,
	"should": true, "may": true, "must": true, "do": true, "does": true, "did": true}

// nothings are the words that deny behind a verb.
var nothings = map[string]bool{"no": true, "nothing": true, "none": true, "nobody": true, "neither": true, "little": true, "few": true}

func deny(l *lexicon, ls []lexeme) denials {
	d := denials{map[string]bool{}, map[string]bool{}}
	if l.lang != "en" {
		return d
	}
	for i := range ls {
		verb, denied, _ := denial(l, ls, i)
		if verb == "" {
			continue
		}
		if denied {
			d.denied[verb] = true
		} else {
			d.plain[verb] = true
		}
	}
	return d
}

// denial reads an auxiliary at ls[i] with what follows: "is binding", "has not launched", "hasn't launched". The verb is the
// word behind, the auxiliary left out, for tenses differ.
func denial(l *lexicon, ls []lexeme, i int) (verb string, denied bool, to int) {
	if ls[i].kind != word {
		return "", false, 0
	}
	j := i + 1
	switch f := ls[i].fold; {
	case auxiliaries[f]:
		if _, k := l.not.at(ls, j); k > 0 {
			denied, j = true, j+k
		}
	case len(f) > 3 && f[len(f)-2:] == "nt" && (auxiliaries[f[:len(f)-2]] || f == "wont" || f == "cannot" || f == "cant"):
		denied = true
	default:
		return "", false, 0
	}
	for j < len(ls) && (ls[j].fold == "been" || ls[j].fold == "be" || ls[j].fold == "also" || ls[j].fold == "yet") {
		j++
	}
	if look(ls, j).kind != word || len(ls[j].fold) < 5 {
		return "", false, 0
	}
	if j+1 < len(ls) && nothings[ls[j+1].fold] { // "has found no evidence"
		denied = true
	}
	return ls[j].fold, denied, j + 1
}

// negationProblems are verbs that the source denies wherever it has them so and the claim does not, or the other way round.
func (s *Source) negationProblems(r *reading) []Problem {
	if r.lex.lang != "en" || s.lang != "en" && s.lang != "" {
		return nil
	}
	var out []Problem
	for i := range r.ls {
		verb, denied, to := denial(r.lex, r.ls, i)
		if verb == "" {
			continue
		}
		said := r.Text[r.ls[i].Start:r.ls[to-1].End]
		switch {
		case !denied && s.denied.denied[verb] && !s.denied.plain[verb]:
			out = append(out, Problem{KindNegation, said, "the article it cites denies it"})
		case denied && s.denied.plain[verb] && !s.denied.denied[verb]:
			out = append(out, Problem{KindNegation, said, "the article it cites does not deny it"})
		}
	}
	return out
}
