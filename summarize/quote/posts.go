package quote

import (
	"regexp"
	"strings"

	"attache/internal/text"
)

// An embedded is a post of a social network set into an article: the paragraphs before its signature line.
type embedded struct {
	paras  []int // its paragraphs and the signature's
	spans  []text.Span
	name   text.Span
	handle string
	date   string
}

// signature is the line under an embedded post: "– Name (@handle) February 27, 2025".
var signature = regexp.MustCompile(`^\s*[–—―-]{1,2}\s*([^()@]{2,60}?)\s*\((@\w[\w.-]{1,60})\)\s*(.{0,40})$`)

// picture is the link that ends the text of a post with a picture; what follows on its line is the signature.
var picture = regexp.MustCompile(`\s*(?:https?://t\.co/\S+|pic\.twitter\.com/\S+)\s*$`)

var inline = regexp.MustCompile(`[–—―]\s*([^()@]{2,60}?)\s*\((@\w[\w.-]{1,60})\)\s*([^()]{0,40})$`)

// maxPost is how many characters of paragraphs above a signature can belong to a post (280 signs make a
// post; long posts of paying users are cut by embeds).
const maxPost = 600

func findPosts(s string, paras []text.Span, lang *language) []embedded {
	var out []embedded
	used := -1
	for i, p := range paras {
		line := p.Of(s)
		if !strings.Contains(line, "(@") {
			continue
		}
		e := embedded{paras: []int{i}}
		if m := signature.FindStringSubmatchIndex(line); m != nil {
			e.name = text.Span{Start: p.Start + m[2], End: p.Start + m[3]}
			e.handle = line[m[4]:m[5]]
			e.date = strings.TrimSpace(line[m[6]:m[7]])
			size := 0
			for k := i - 1; k > used && k >= 0; k-- {
				size += paras[k].Len()
				line := paras[k].Of(s)
				if size > maxPost || k < i-1 && !postlike(line, lang) {
					break
				}
				e.paras = append([]int{k}, e.paras...)
				e.spans = append([]text.Span{paras[k]}, e.spans...)
			}
		} else if m := inline.FindStringSubmatchIndex(line); m != nil && m[0] > 0 && m[0] <= maxPost {
			e.name = text.Span{Start: p.Start + m[2], End: p.Start + m[3]}
			e.handle = line[m[4]:m[5]]
			e.date = strings.TrimSpace(line[m[6]:m[7]])
			e.spans = []text.Span{{Start: p.Start, End: p.Start + m[0]}}
		}
		for k := range e.spans {
			if m := picture.FindStringIndex(e.spans[k].Of(s)); m != nil {
				e.spans[k].End = e.spans[k].Start + m[0]
			}
			e.spans[k] = trimmedSpace(s, e.spans[k])
		}
		e.spans = nonEmpty(e.spans)
		if len(e.spans) > 0 {
			out = append(out, e)
			used = i
		}
	}
	return out
}

// postlike reports whether a paragraph above the last one of a post belongs to it too: it is not long and speaks in the
// first person or to an audience, or carries handles or tags.
func postlike(line string, l *language) bool {
	if len(line) > 300 || strings.ContainsAny(line, "“”„«»") {
		return false
	}
	if strings.Contains(line, "@") || strings.Contains(line, "#") {
		return true
	}
	low := strings.ToLower(line)
	for _, w := range strings.Fields(low) {
		if l.set("self").has(strings.Trim(w, ".,!?:;")) {
			return true
		}
	}
	return false
}

func (a *article) post(e embedded) []Quote {
	name := e.name.Of(a.doc.Text)
	speaker := name
	q := Quote{Spans: e.spans, Kind: Post, SpeakerSpan: e.name, Date: e.date}
	for _, p := range a.ps.all {
		if strings.EqualFold(p.text, name) {
			lp := a.ps.longest(p)
			speaker = lp.text
			q.Role = lp.role
		}
	}
	q.Speaker = speaker
	return []Quote{q}
}

func nonEmpty(ps []text.Span) []text.Span {
	out := ps[:0]
	for _, p := range ps {
		if p.Start < p.End {
			out = append(out, p)
		}
	}
	return out
}

func trimmedSpace(s string, p text.Span) text.Span {
	t := p.Of(s)
	p.Start += len(t) - len(strings.TrimLeft(t, " \t\u00a0"))
	p.End -= len(t) - len(strings.TrimRight(t, " \t\u00a0"))
	if p.Start > p.End {
		p.Start = p.End
	}
	return p
}
