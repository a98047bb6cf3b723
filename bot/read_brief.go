package bot

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"attache/internal/digest"
)

const (
	briefStories = 6 // of one answer: each may cost a model's call
	answersShown = 6 // sentences that answer a question
)

// brief tells what the guild's sources say about something, or answers a question with their sentences.
func brief(ctx context.Context, r *request) (reply, error) {
	about := digest.ParseAbout(r.text("about"), r.reads())
	since, said := r.since("week")
	if blank(about.Text) {
		return reply{}, say("error.option", "option", "about")
	}
	shown := Clip(about.Text, nameTyped)
	if about.Kind == digest.AboutQuestion {
		if r.text("since") == "" {
			since, said = r.since("")
		}
		ps, err := r.services.Digests.Ask(ctx, r.guild, about.Text, since, answersShown)
		if err != nil {
			return reply{}, err
		}
		if len(ps) == 0 {
			return reply{}, r.nothing(ctx, say("error.no_answer", "since", said))
		}
		entries := make([]string, len(ps))
		for i, p := range ps {
			entries[i] = r.says(p)
		}
		head := "**" + Escape(shown) + "**\n-# " + r.t.text("brief.answer", "since", said)
		return reply{pages: list(head, entries), post: true}, nil
	}
	stories, of, err := r.services.Digests.StoriesAbout(ctx, r.guild, about, since, r.reads(), briefStories)
	if err != nil {
		return reply{}, unbriefed(err)
	}
	if len(stories) == 0 {
		return reply{}, r.nothing(ctx, say("error.no_story", "about", shown, "since", said))
	}
	head := "**" + Escape(shown) + "** · " + said
	switch {
	case about.Kind == digest.AboutStory:
		head = ""
	case of > len(stories):
		head += " · " + r.t.count("brief.best", len(stories), "of", r.t.count("digest.stories", of))
	default:
		head += " · " + r.t.count("digest.stories", of)
	}
	return r.told(head, stories), nil
}

// told is an answer of stories: one alone is told with all its bullets.
func (r *request) told(head string, stories []digest.Story) reply {
	w := renderer{d: digest.Digest{Stories: stories}, t: r.t, all: len(stories) == 1}
	if head != "" {
		head += "\n"
	}
	head += "-# " + w.engine()
	var out []page
	at := 0
	for _, embeds := range w.pack() {
		known := slices.DeleteFunc(slices.Clone(stories[at:at+len(embeds)]), func(s digest.Story) bool { return s.ID == 0 })
		out = append(out, page{Content: head, Embeds: embeds, Rows: r.storyRow(known)})
		at += len(embeds)
	}
	return reply{pages: out, post: true}
}

// hostOf is the host of a link, for people.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "…"
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
