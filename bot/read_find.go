package bot

import (
	"context"
	"strings"

	"attache/internal/digest"
)

const (
	searchMost = 60 // articles that a search shows, the newest
	quotesMost = 40 // quotes
)

// search lists the newest articles that hold every word.
func search(ctx context.Context, r *request) (reply, error) {
	words := strings.TrimSpace(r.text("words"))
	since, said := r.since("")
	ps, err := r.services.Digests.Search(ctx, r.guild, words, since, searchMost)
	if err != nil {
		return reply{}, err
	}
	if len(ps) == 0 {
		return reply{}, r.nothing(ctx, say("error.no_article", "words", Clip(words, nameTyped), "since", said))
	}
	entries := make([]string, len(ps))
	for i, p := range ps {
		entries[i] = r.found(p)
	}
	count := "search.articles"
	if len(ps) == searchMost {
		count = "search.newest"
	}
	head := "**" + Escape(Clip(words, nameTyped)) + "** · " + said + " · " + r.t.count(count, len(ps))
	return reply{pages: list(head, entries), post: true}, nil
}

// quotes lists what was said, newest first.
func quotes(ctx context.Context, r *request) (reply, error) {
	speaker := strings.TrimSpace(r.text("speaker"))
	since, said := r.since("")
	var about digest.About
	var facts []string
	if speaker != "" {
		facts = append(facts, "**"+Escape(Clip(speaker, nameTyped))+"**")
	}
	if typed := r.text("about"); !blank(typed) {
		about = digest.ParseAbout(typed, r.reads())
		if about.Kind != digest.AboutStory {
			facts = append(facts, Escape(Clip(about.Text, nameTyped)))
		}
	}
	sayings, err := r.services.Digests.Quotes(ctx, r.guild, speaker, about, since, quotesMost)
	if err != nil {
		return reply{}, err
	}
	if len(sayings) == 0 {
		return reply{}, r.nothing(ctx, say("error.no_quote", "since", said))
	}
	told := digest.Gather(sayings, r.reads())
	entries := make([]string, len(told))
	for i, s := range told {
		entries[i] = r.gathered(s)
	}
	count := "quotes.found"
	if len(sayings) == quotesMost {
		count = "quotes.newest"
	}
	facts = append(facts, said, r.t.count(count, len(told)))
	return reply{pages: list(strings.Join(facts, " · "), entries), post: true}, nil
}
