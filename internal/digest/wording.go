package digest

import (
	_ "embed"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"attache/internal/text"
)

//go:embed data/wordings.txt
var wordingFile string

// A Wording is something that people are told: the key of its text, and what is filled in. So it can be stored once and
// worded in any language.
type Wording struct {
	Key string `json:"key"`
	// N fills {n}. Where the text KEY.one exists, it is taken for 1.
	N int `json:"n,omitempty"`
	// Facts fill {name} with what is the same in every language. Some names say what it is: country and other are ISO
	// 3166-1 codes, day is a day in UTC as time.DateOnly has it, story is a headline, typed is what somebody wrote.
	Facts map[string]string `json:"facts,omitempty"`
	// Parts fill {name} with wordings, commas between.
	Parts map[string][]Wording `json:"parts,omitempty"`
}

// wordings are the English texts by their keys.
var wordings = sync.OnceValue(func() map[string]string {
	table := map[string]string{}
	for line := range strings.Lines(wordingFile) {
		if key, words, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && key[0] != '#' {
			table[key] = words
		}
	}
	return table
})

// Wordings are the English texts of wordings by their keys, with {name} for what is filled in.
func Wordings() map[string]string { return maps.Clone(wordings()) }

// In words it. words gives the text of a key, "" where there is none; fill writes the fact of a name.
func (p Wording) In(words func(key string) string, fill func(name, fact string) string) string {
	s := ""
	if p.N == 1 {
		s = words(p.Key + ".one")
	}
	if s == "" {
		s = words(p.Key)
	}
	holes := []string{"{n}", strconv.Itoa(p.N)}
	for name, fact := range p.Facts {
		holes = append(holes, "{"+name+"}", fill(name, fact))
	}
	for name, list := range p.Parts {
		said := make([]string, len(list))
		for i, part := range list {
			said[i] = part.In(words, fill)
		}
		holes = append(holes, "{"+name+"}", strings.Join(said, ", "))
	}
	return strings.NewReplacer(holes...).Replace(s)
}

// String words it in English, for a terminal.
func (p Wording) String() string {
	return p.In(func(key string) string { return wordings()[key] }, func(name, fact string) string {
		switch name {
		case "country", "other":
			return text.CountryName(fact, "en")
		case "day":
			if day, err := time.Parse(time.DateOnly, fact); err == nil {
				return day.Format("2 January")
			}
		case "typed":
			return strconv.Quote(fact)
		}
		return fact
	})
}

// stored is a wording as rows have it.
func (p Wording) stored() string {
	raw, err := json.Marshal(p)
	if err != nil {
		return p.String() // never: it is texts and a number
	}
	return string(raw)
}

// ReadWording reads the reason of a candidate. A row of an earlier version has a sentence instead, which is kept as it is.
func ReadWording(stored string) Wording {
	var p Wording
	if strings.HasPrefix(stored, "{") && json.Unmarshal([]byte(stored), &p) == nil && wordings()[p.Key] != "" {
		return p
	}
	return Wording{Key: "plain", Facts: map[string]string{"text": stored}}
}

// ReadSentence returns the Wording of a sentence that says how a delivery went or why a schedule is paused; false when it is
// none of this version's. These are stored in English, as part of the audit.
func ReadSentence(sentence string) (Wording, bool) {
	for key, words := range wordings() {
		if !strings.HasPrefix(key, "went.") {
			continue
		}
		before, rest, open := strings.Cut(words, "{")
		name, after, _ := strings.Cut(rest, "}")
		value, begins := strings.CutPrefix(sentence, before)
		value, ends := strings.CutSuffix(value, after)
		switch {
		case !open && sentence == words:
			return Wording{Key: key}, true
		case open && begins && ends:
			return fact(key, name, value), true
		}
	}
	return Wording{}, false
}

// fact is a wording with one fact filled in.
func fact(key, name, value string) Wording {
	return Wording{Key: key, Facts: map[string]string{name: value}}
}

// one fills a place with one wording.
func one(p Wording) []Wording { return []Wording{p} }

// manyNamed is how many things a sentence names; of more it names that many, and says that there are others.
const manyNamed = 6

// anyOf is a list of which any will do: "A, B or C".
func anyOf(list []Wording) Wording {
	if len(list) == 1 {
		return list[0]
	}
	if len(list) > manyNamed {
		list = append(list[:manyNamed:manyNamed], Wording{Key: "others"})
	}
	last := len(list) - 1
	if last < 0 {
		return Wording{}
	}
	return Wording{Key: "or", Parts: map[string][]Wording{"list": list[:last], "last": list[last:]}}
}

// A Mistake is a time or a zone that cannot be taken. Error is half a sentence in English that says what is wrong and what
// to write instead, without a full stop.
type Mistake struct {
	Wording Wording
	err     error
}

func (m *Mistake) Error() string { return m.Wording.String() }

// Unwrap gives the cause, which is not for people; nil when there is none.
func (m *Mistake) Unwrap() error { return m.err }

// mistaken is a mistake about what somebody typed, which is repeated.
func mistaken(key, typed string) *Mistake {
	return &Mistake{Wording: fact(key, "typed", shown(typed))}
}

// hinted adds what to write for a time.
func (m *Mistake) hinted() *Mistake {
	m.Wording.Parts = map[string][]Wording{"write": one(fact("write", "cron", "0 8 * * mon-fri"))}
	return m
}

// with fills in another fact.
func (m *Mistake) with(name, value string) *Mistake {
	m.Wording.Facts[name] = value
	return m
}
