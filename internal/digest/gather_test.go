package digest

import (
	"fmt"
	"testing"
	"time"
)

// TestGather: which sayings are one entry, for readers of two languages; what is said the like of a week later stands by itself.
func TestGather(t *testing.T) {
	said := func(lang, words string, translated bool, ago time.Duration) Saying {
		return Saying{Quote: Quote{ID: fmt.Sprint(ago), Words: []string{words}, Lang: lang, Speaker: "Marit Osel", Translated: translated}, Source: Source{Name: lang, Published: noon.Add(-ago)}}
	}
	const own, told = "The crossing stays open for ever, and for every traveller from Estrova", "For each traveller coming from Estrova the crossing will forever stay open"
	const german, czech = "Die Konferenz in Genf hat konkrete Projekte der Reform in der Ukraine und in Moldau bestätigt", "Konference v Ženevě schválila konkrétní projekty reformy na Ukrajině a v Moldavsku"
	other := said("en", "The weather was never kind to us up here in the hills", false, 0)
	post := said("en", own, false, time.Hour)
	post.Quote.Post = true
	cut := said("en", own+" …", false, time.Hour)
	cut.Quote.Post = true
	for name, c := range map[string]struct {
		all  []Saying
		lang string
		want string
	}{
		"own words":          {[]Saying{said("en", told, true, 0), other, said("en", own, false, time.Hour)}, "en", "[1h0m0s <0s> 0s]"},
		"a post":             {[]Saying{other, said("en", told, true, time.Minute), post}, "de", "[0s 1h0m0s <1m0s>]"},
		"a week later":       {[]Saying{said("en", told, true, 0), said("en", own, false, 7*24*time.Hour)}, "en", "[0s 168h0m0s]"},
		"a post breaks off":  {[]Saying{said("en", told, true, 0), cut}, "en", "[0s=1h0m0s]"},
		"nobody knows":       {[]Saying{said("en", told, false, time.Minute), said("en", own, false, 0)}, "en", "[1m0s <0s>]"},
		"into the reader's":  {[]Saying{said("cs", czech, false, time.Hour), said("de", german, true, 0)}, "de", "[0s=1h0m0s]"},
		"out of it":          {[]Saying{said("de", german, true, 0), said("cs", czech, false, time.Hour)}, "cs", "[1h0m0s <0s>]"},
		"neither is marked":  {[]Saying{said("cs", czech, false, time.Hour), said("de", german, false, 0)}, "de", "[0s <1h0m0s>]"},
		"nothing to gather":  {[]Saying{other}, "en", "[0s]"},
		"nothing":            {nil, "en", "[]"},
		"the original later": {[]Saying{said("cs", czech, false, 7*24*time.Hour), said("de", german, true, 0)}, "de", "[168h0m0s 0s]"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range Gather(c.all, c.lang) {
				line := s.Quote.ID
				if o := s.Quote.Original; o != nil {
					line += "=" + fmt.Sprint(noon.Sub(s.Original.Published))
				}
				for _, x := range s.Others {
					line += " <" + x.Quote.ID + ">"
				}
				got = append(got, line)
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
