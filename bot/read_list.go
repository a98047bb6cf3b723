package bot

import (
	"fmt"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

const (
	entriesShown = 6    // on a page of a list: a page is read without scrolling
	listMax      = 3800 // characters of a page
	labelMax     = 180  // of a headline that is a link
	snippetMax   = 400  // of a sentence under a headline
	answerMax    = 700  // of a sentence that answers
	sayingMax    = 1000 // of a quote in a list, escaped; a longer one stands shortened, and so without quotation marks
	sayingCut    = 450  // of such a quote before it is escaped
	othersShown  = 2    // wordings of a statement below the one that is shown
)

// list packs entries into pages of at most entriesShown, each page one embed below the same head: links in an embed have no
// previews under them, as links in a message's text would. An entry is never parted.
func list(head string, entries []string) []page {
	var out []page
	var fill []string
	size := 0
	flush := func() {
		if len(fill) > 0 {
			out = append(out, page{Content: head, Embeds: []embedded{{Description: strings.Join(fill, "\n\n"), Color: tierColor[store.Press]}}})
		}
		fill, size = nil, 0
	}
	for _, e := range entries {
		n := units(e) + 2
		if len(fill) == entriesShown || size+n > listMax {
			flush()
		}
		fill, size = append(fill, e), size+n
	}
	flush()
	return out
}

// anchor is a label that leads to a URL; the label alone where the URL is none that a reader should follow.
func anchor(label, url string, max int) string {
	if u := readable(link(url)); u != "" && units(u) <= linkMax && !blank(label) {
		return "[" + Escape(Clip(brackets.Replace(label), max)) + "](" + u + ")"
	}
	return Escape(Clip(label, max))
}

// day is a date as each reader's Discord writes it.
func day(t time.Time) string { return fmt.Sprintf("<t:%d:D>", t.Unix()) }

// outlet names a source with its kind and day, as a link to what it says there.
func (r *request) outlet(s digest.Source, ref digest.Ref) string {
	return r.named(s, ref) + " · " + day(s.Published)
}

// named names a source with its kind, as a link.
func (r *request) named(s digest.Source, ref digest.Ref) string {
	w := renderer{t: r.t}
	ref.Source = 1
	return anchor(sourceName(s), w.target(digest.Story{Sources: []digest.Source{s}}, ref, false), sourceMax) + r.t.labels(s)
}

// found is an article with the sentence for which it was found.
func (r *request) found(p digest.Passage) string {
	title := p.Source.Title
	if blank(title) {
		title = p.Source.Name
	}
	out := "**" + anchor(title, p.Source.URL, labelMax) + "**\n"
	if !blank(p.Text) {
		out += Escape(Clip(p.Text, snippetMax)) + " "
	}
	return out + "— " + r.outlet(p.Source, p.Ref)
}

// said is a sentence that answers.
func (r *request) says(p digest.Passage) string {
	return "• " + Escape(Clip(p.Text, answerMax)) + " — " + r.outlet(p.Source, p.Ref)
}

// saying is a quote with its words, its speaker and its source; from is the source of its original, where it has one.
func (r *request) saying(q digest.Quote, s, from digest.Source) string {
	return r.speech(q, from) + "\n" + r.outlet(s, q.Ref)
}

// gathered is a saying with the other wordings that articles have of it, each with its outlet, as many as an entry holds.
func (r *request) gathered(s digest.Saying) string {
	others := s.Others[:min(len(s.Others), othersShown)]
	for ; ; others = others[:len(others)-1] {
		var sb strings.Builder
		for _, o := range others {
			key := "quote.restated"
			if o.Quote.Translated && !s.Quote.Translated {
				key = "quote.translated"
			}
			words := quotation(o.Quote.Words, r.t.text("quote.open"), r.t.text("quote.close"), o.Quote.Post || !faithful(o.Quote.Words))
			sb.WriteString("\n> *" + r.t.text(key) + ":* " + strings.ReplaceAll(words, "\n", "\n> ") + " — " + r.named(o.Source, o.Quote.Ref))
		}
		entry := r.spoken(s.Quote, s.Original, sb.String()) + "\n" + r.outlet(s.Source, s.Quote.Ref)
		if len(others) == 0 || units(entry) <= listMax {
			return entry
		}
	}
}

// speech is a quote with its words and its speaker.
func (r *request) speech(q digest.Quote, from digest.Source) string { return r.spoken(q, from, "") }

// spoken is speech with lines between words and speaker.
func (r *request) spoken(q digest.Quote, from digest.Source, between string) string {
	w := renderer{t: r.t}
	at := ""
	if q.Original != nil {
		at = " — " + r.named(from, q.Original.Ref)
	}
	words := w.words(q, at)
	most := sayingMax + units(at)
	if units(words) > most {
		q.Translation = ""
		words = w.words(q, at)
	}
	if units(words) > most {
		q.Original, most = nil, sayingMax
		words = w.words(q, "")
	}
	if units(words) > most {
		words = "> " + strings.ReplaceAll(EscapeLines(Clip(strings.Join(q.Words, " … "), sayingCut)), "\n", "\n> ")
	}
	return words + between + "\n> — " + w.speaker(q)
}
