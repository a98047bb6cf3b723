package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"attache/internal/digest"
	"attache/internal/store"
)

const (
	behindStories   = 10 // of which one button shows what is behind them
	sourcesTogether = 2  // lines of an entry: with the longest names and links an embed holds no more below a headline
	whyOthers       = 24 // stories that were not chosen; the others are counted
)

// storyRow is the row of buttons below stories that stand in no digest; nil when their ids do not fit a button.
func (r *request) storyRow(stories []digest.Story) []any {
	var ids []string
	for _, s := range stories {
		if s.ID == 0 {
			return nil // not grouped yet: there is nothing to find it by
		}
		ids = append(ids, strconv.FormatInt(s.ID, 10))
	}
	at := ":s:" + strings.Join(ids, ".")
	if len(ids) == 0 || len("sources")+len(at) > customIDLimit {
		return nil
	}
	return []any{rowOf(button(2, "quotes"+at, r.t.text("button.quotes"), false), button(2, "sources"+at, r.t.text("button.sources"), false))}
}

// behind answers a button below stories with what show makes of each: stories of a delivery as they were posted, others
// as they are now. Every reader of the guild gets an answer, whoever asked first.
func behind(show func(r *request, s digest.Story) []string) func(context.Context, *request) (reply, error) {
	return func(ctx context.Context, r *request) (reply, error) {
		stories, err := r.meant(ctx)
		if err != nil {
			return reply{}, err
		}
		var entries []string
		for _, s := range stories {
			list := show(r, s)
			if len(list) > 0 {
				list[0] = "**" + anchor(s.Headline, s.URL, labelMax) + "**\n" + list[0]
			}
			entries = append(entries, list...)
		}
		if len(entries) == 0 {
			return reply{}, say("error.nothing_behind")
		}
		return reply{pages: list(r.t.text("behind."+r.name), entries)}, nil
	}
}

// meant are the stories that a button hangs on.
func (r *request) meant(ctx context.Context) ([]digest.Story, error) {
	if len(r.args) == 0 {
		return nil, say("error.expired")
	}
	if r.args[0] == "d" {
		_, stories, err := r.delivered(ctx, r.args[1:])
		return stories, err
	}
	if r.args[0] != "s" || len(r.args) != 2 {
		return nil, say("error.expired")
	}
	ids := strings.Split(r.args[1], ".")
	if len(ids) > behindStories {
		return nil, say("error.expired")
	}
	var out []digest.Story
	for _, s := range ids {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil || id <= 0 {
			return nil, say("error.expired")
		}
		st, err := r.services.Digests.Story(ctx, r.guild, id, r.reads())
		if err != nil {
			return nil, unbriefed(err)
		}
		out = append(out, st)
	}
	return out, nil
}

// quotesBehind are all quotes of a story.
func quotesBehind(r *request, s digest.Story) []string {
	var out []string
	source := func(ref digest.Ref) (digest.Source, bool) {
		if i := ref.Source - 1; 0 <= i && i < len(s.Sources) {
			return s.Sources[i], true
		}
		return digest.Source{}, false
	}
	for _, q := range s.Quotes {
		src, ok := source(q.Ref)
		if len(q.Words) == 0 || !ok {
			continue
		}
		var from digest.Source
		if q.Original != nil {
			if from, ok = source(q.Original.Ref); !ok {
				q.Original = nil
			}
		}
		out = append(out, r.saying(q, src, from))
	}
	return out
}

// sourcesBehind are all sources of a story, and what is said of them: one entry, or several of a long list.
func sourcesBehind(r *request, s digest.Story) []string {
	lines := make([]string, len(s.Sources))
	for i, src := range s.Sources {
		lines[i] = strconv.Itoa(i+1) + " " + Escape(Clip(sourceName(src), sourceMax)) + r.t.labels(src)
		if src.Country != "" {
			lines[i] += ", " + Escape(Clip(src.Country, sourceMax))
		}
		lines[i] += " · " + day(src.Published)
		if !blank(src.Title) {
			lines[i] += "\n" + anchor(src.Title, src.URL, labelMax)
		}
	}
	note := "-# " + r.t.count("story.outlets", max(1, s.Outlets)) + " · " + r.t.count("story.articles", len(s.Articles))
	if s.OneSided {
		note += " · " + r.t.text("story.onesided")
	}
	var out []string
	for chunk := range slices.Chunk(append(lines, note), sourcesTogether) {
		out = append(out, strings.Join(chunk, "\n"))
	}
	return out
}

// whyBehind says why the stories of a part were chosen, and why others were not.
func whyBehind(ctx context.Context, r *request) (reply, error) {
	if len(r.args) == 0 || r.args[0] != "d" {
		return reply{}, say("error.expired")
	}
	d, stories, err := r.delivered(ctx, r.args[1:])
	if err != nil {
		return reply{}, err
	}
	cs, err := r.bot.db.Read().Candidates(ctx, d.Delivery)
	if err != nil {
		return reply{}, err
	}
	var entries, others []string
	left := 0
	for _, c := range cs {
		switch shown := slices.ContainsFunc(stories, func(s digest.Story) bool { return s.ID == c.Story }); {
		case shown:
			entries = append(entries, "**"+Escape(Clip(c.Headline, labelMax))+"**\n"+r.t.reason(c.Reason)+"\n-# "+r.terms(c))
		case c.Chosen: // in another part
		case len(others) == whyOthers:
			left++
		default:
			others = append(others, Escape(Clip(c.Headline, labelMax))+"\n-# "+r.t.reason(c.Reason))
		}
	}
	if len(others) > 0 {
		others[0] = "**" + r.t.text("why.others") + "**\n" + others[0]
	}
	if left > 0 {
		others = append(others, "-# "+r.t.count("why.left", left))
	}
	if entries = append(entries, others...); len(entries) == 0 {
		return reply{}, say("error.nothing_behind")
	}
	return reply{pages: list(r.t.text("behind.why"), entries)}, nil
}

// whyTerms are the terms of a score in the order of the formula (package digest, "Ranking").
var whyTerms = []string{"outlets", "voice", "recency", "fresh", "quotes", "variety", "match"}

// terms are what a candidate's score is made of.
func (r *request) terms(c store.Candidate) string {
	parts := []string{r.t.text("why.rank", "n", strconv.Itoa(c.Rank), "score", fmt.Sprintf("%.2f", c.Score))}
	for _, k := range whyTerms {
		if v := c.Parts[k]; v > 0 {
			parts = append(parts, fmt.Sprintf("%s %.2f", r.t.text("why."+k), v))
		}
	}
	return strings.Join(parts, " · ")
}
