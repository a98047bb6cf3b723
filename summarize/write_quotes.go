package summarize

import (
	"context"
	"slices"
	"strings"

	"attache/internal/text"
	"attache/summarize/model"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

// Quotes has the model name the speakers of an article's quotations, and find quotations that the rules did not, and
// returns d's quotes with what could be proven of that. payer is who the call is made for.
//
// Words are located in the text and must stand inside marks or an embedded post. A speaker is a name that the article
// has in full, with its last word in the paragraph of the quotation or beside it. What the rules are sure of stays as it is;
// where model and rules differ otherwise, the quote is nobody's.
func (m *Model) Quotes(ctx context.Context, d Document) ([]quote.Quote, error) {
	e := m.client.Endpoint()
	p := prompt{kind: kindQuotes, Mark: newMark("articles")}
	most := min(4*articleBytes, windowBytes(e)-promptBytes(kindQuotes))
	if most < articleLeast {
		return nil, errWindow{e.Context}
	}
	p.Articles = encode(material{Articles: show([]Document{d}, most), Language: d.Lang})
	content, err := m.ask(ctx, p)
	if err != nil {
		return nil, err
	}
	var r struct {
		Quotes []struct {
			Quote   string `json:"quote"`
			Speaker string `json:"speaker"`
		} `json:"quotes"`
	}
	if err := model.Decode(content, &r); err != nil {
		return nil, err
	}
	out := slices.Clone(d.Quotes)
	marks := verify.Stretches(d.Text, d.Quotes)
	after := 0
	for _, x := range r.Quotes {
		spans, err := quote.Locate(d.Text, x.Quote, after)
		if err != nil || slices.ContainsFunc(spans, func(p text.Span) bool { return !verify.Within(marks, p) }) {
			continue
		}
		after = spans[len(spans)-1].End
		speaker := text.Normalize(strings.TrimSpace(x.Speaker))
		if speaker != "" && !namedNear(&d, spans[0], speaker) {
			speaker = ""
		}
		if i := slices.IndexFunc(out, func(o quote.Quote) bool { return overlap(o.Spans, spans) }); i >= 0 {
			switch o := &out[i]; {
			case o.Sure || speaker == "" || sameSpeaker(o.Speaker, speaker):
			case o.Speaker == "":
				o.Speaker, o.SpeakerSpan = speaker, text.Span{}
			default: // two voices: nobody's, rather than the wrong one's
				o.Speaker, o.SpeakerSpan, o.Role = "", text.Span{}, ""
			}
			continue
		}
		if speaker != "" {
			out = append(out, quote.Quote{Spans: spans, Kind: quote.Direct, Speaker: speaker})
		}
	}
	slices.SortStableFunc(out, func(a, b quote.Quote) int { return a.Spans[0].Start - b.Spans[0].Start })
	return out, nil
}

// sameSpeaker reports whether one name is the other, or its last word.
func sameSpeaker(a, b string) bool {
	return strings.EqualFold(a, b) || strings.EqualFold(lastWord(a), lastWord(b))
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

// namedNear reports whether the article has a name in full, and its last word at most a paragraph before or after the words
// at p.
func namedNear(d *Document, p text.Span, name string) bool {
	if len(quotePlaces(d.Text, name)) == 0 && len(quotePlaces(d.Title, name)) == 0 {
		return false
	}
	start, end := paragraphsAround(d.Text, p)
	return len(quotePlaces(d.Text[start:end], lastWord(name))) > 0
}

// paragraphsAround is the paragraph of p with the one before and the one after.
func paragraphsAround(s string, p text.Span) (start, end int) {
	ps := text.Paragraphs(s)
	for i, q := range ps {
		if q.Overlaps(p) {
			return ps[max(0, i-1)].Start, ps[min(len(ps)-1, i+1)].End
		}
	}
	return p.Start, p.End
}

// quotePlaces returns where words stand in s as whole words.
func quotePlaces(s, words string) []text.Span {
	spans, err := quote.Locate(s, words, 0)
	if err != nil || len(spans) != 1 {
		return nil
	}
	return spans
}
