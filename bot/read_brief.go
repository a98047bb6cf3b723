package bot

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/sources"
)

const (
	briefStories = 6 // of one answer: each may cost a model's call
	answersShown = 6 // sentences that answer a question
	linksMost    = 3 // links of a message that are summarised
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
		out = append(out, page{Content: head, Embeds: embeds, Rows: r.storyRow(stories[at : at+len(embeds)])})
		at += len(embeds)
	}
	return reply{pages: out, post: true}
}

// summarizeLink tells the story of a link.
func summarizeLink(ctx context.Context, r *request) (reply, error) {
	raw := strings.Trim(strings.TrimSpace(r.text("link")), "<>")
	if strings.ContainsAny(raw, " \t\n") || link(raw) == "" {
		return reply{}, say("error.no_link")
	}
	return r.summarize(ctx, []string{raw})
}

// summarizeMenu tells the stories of the links of a message.
func summarizeMenu(ctx context.Context, r *request) (reply, error) {
	var links []string
	for _, l := range r.in.Data.linksOf() {
		if link(l) != "" && len(links) < linksMost {
			links = append(links, l)
		}
	}
	if len(links) == 0 {
		return reply{}, say("error.no_links")
	}
	return r.summarize(ctx, links)
}

// summarize tells the stories of links, each once. A link is known by the article that one of the guild's sources brought;
// of another nothing can be proven, and nothing is fetched.
func (r *request) summarize(ctx context.Context, links []string) (reply, error) {
	var stories []digest.Story
	var unknown []string
	var failed error
	seen := map[int64]bool{}
	for _, raw := range links {
		id, err := r.articleAt(ctx, raw)
		if errors.Is(err, store.ErrNotFound) {
			unknown = append(unknown, Escape(Clip(hostOf(raw), nameTyped)))
			continue
		}
		if err != nil {
			return reply{}, err
		}
		s, err := r.services.Digests.Article(ctx, r.guild, id, r.reads())
		switch {
		case ctx.Err() != nil:
			return reply{}, ctx.Err()
		case err != nil:
			failed = err
		case s.ID == 0 || !seen[s.ID]:
			seen[s.ID] = true
			stories = append(stories, s)
		}
	}
	switch {
	case len(stories) > 0:
	case failed != nil:
		return reply{}, unbriefed(failed)
	default:
		return reply{}, &said{"error.unread_link", []string{"host", strings.Join(unknown, ", ")}}
	}
	head := ""
	if len(unknown) > 0 {
		head = r.t.text("error.unread_link", "host", strings.Join(unknown, ", "))
	}
	return r.told(head, stories), nil
}

// articleAt finds the guild's article of a link, whatever the link carries beside its address.
func (r *request) articleAt(ctx context.Context, raw string) (int64, error) {
	key, err := sources.Key(raw)
	if err != nil {
		return 0, store.ErrNotFound
	}
	l, err := r.bot.db.Read().Guild(r.guild).ArticleAt(ctx, key)
	return l.ID, err
}

// hostOf is the host of a link, for people.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "…"
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
