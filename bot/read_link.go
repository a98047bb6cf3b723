package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"
	"attache/sources"
)

const (
	linksMost = 3 // links of a message that are summarised
	// linkTime bounds reading one page, with its redirects: the person waits, and three of them fit into handleTime.
	linkTime = 30 * time.Second
)

// discordHosts are Discord's own, with what is below them: what stands there is for its members, or a file.
var discordHosts = []string{"discord.com", "discordapp.com", "discordapp.net", "discord.gg", "discord.media", "discord.gift", "discord.new", "dis.gd"}

func isDiscord(url string) bool {
	h := strings.ToLower(host(url))
	return slices.ContainsFunc(discordHosts, func(d string) bool { return h == d || strings.HasSuffix(h, "."+d) })
}

// summarizeLink tells the story of a link, or its page.
func summarizeLink(ctx context.Context, r *request) (reply, error) {
	raw := strings.Trim(strings.TrimSpace(r.text("link")), "<>")
	switch {
	case strings.ContainsAny(raw, " \t\n") || link(raw) == "":
		return reply{}, say("error.no_link")
	case isDiscord(raw):
		return reply{}, say("error.discord_link")
	}
	return r.summarize(ctx, []string{raw})
}

// summarizeMenu tells the stories of the links of a message. Those that lead into Discord are passed over.
func summarizeMenu(ctx context.Context, r *request) (reply, error) {
	var links []string
	key := "error.no_links"
	for _, l := range r.in.Data.linksOf() {
		switch {
		case link(l) == "" || len(links) == linksMost:
		case isDiscord(l):
			key = "error.discord_link"
		default:
			links = append(links, l)
		}
	}
	if len(links) == 0 {
		return reply{}, say(key)
	}
	return r.summarize(ctx, links)
}

// A followed link is what was found behind it.
type followed struct {
	story digest.Story
	page  *sources.Linked // nil when one of the guild's sources brought it
	host  string          // of page
}

// summarize tells what stands behind links, each story once: the story of an article that one of the guild's sources
// brought, or the page by itself.
func (r *request) summarize(ctx context.Context, links []string) (reply, error) {
	var found []followed
	var notes []string
	var failed []error
	seen := map[any]bool{}
	for _, raw := range links {
		f, err := r.follow(ctx, raw)
		var why *said
		switch {
		case ctx.Err() != nil:
			return reply{}, ctx.Err()
		case errors.As(err, &why):
			notes = append(notes, r.t.text(why.key, why.pairs...))
			failed = append(failed, err)
			continue
		case err != nil:
			return reply{}, err
		}
		var key any = f.story.URL
		if f.story.ID != 0 {
			key = f.story.ID
		}
		if !seen[key] {
			seen[key] = true
			found = append(found, f)
		}
	}
	switch {
	case len(found) > 0:
	case len(failed) == 1:
		return reply{}, failed[0]
	default:
		return plain(strings.Join(slices.Compact(notes), "\n")), nil
	}
	return r.followed(slices.Compact(notes), found), nil
}

// followed is the answer of links: what could not be read, what was read just now, and the stories. Of a page that was read
// the quotes follow that its story does not show. What a private link led to is kept nowhere, and so cannot be posted or paged.
func (r *request) followed(notes []string, found []followed) reply {
	var stories []digest.Story
	var more []page
	private, archived := false, false
	for _, f := range found {
		stories = append(stories, f.story)
		if archived = archived || f.page == nil; f.page == nil {
			continue
		}
		private = private || f.page.Private
		name := Escape(Clip(f.host, nameTyped))
		notes = append(notes, "-# "+r.t.text("link.read", "host", name))
		switch {
		case f.page.Paid:
			notes = append(notes, "-# "+r.t.text("link.paid_part", "host", name))
		case f.page.Short:
			notes = append(notes, "-# "+r.t.text("link.short", "host", name))
		}
		var quotes []string
		for _, q := range f.story.Quotes {
			if len(q.Words) > 0 {
				s := r.speech(q, f.story.Sources[0]) // the page: there is no other
				if to := (renderer{t: r.t}).target(f.story, q.Ref, false); to != "" {
					s += glue + "[[1]](" + to + ")"
				}
				quotes = append(quotes, s)
			}
		}
		if len(quotes) > 1 {
			more = append(more, list(r.t.text("link.quotes", "host", name), quotes)...)
		}
	}
	rep := r.told(strings.Join(notes, "\n"), stories)
	if !archived {
		for i := range rep.pages {
			rep.pages[i].Content = strings.Join(notes, "\n") // which says whose the sentences are
		}
	}
	if private {
		rep.pages, rep.post = rep.pages[:1], false
		return rep
	}
	rep.pages = append(rep.pages, more...)
	return rep
}

// follow finds what stands behind a link: the article that the guild's sources brought at that address, or at the one to
// which the link leads; else the page, which is read for this answer. A *said is for people, with the host in it.
func (r *request) follow(ctx context.Context, raw string) (followed, error) {
	s, err := r.archived(ctx, raw)
	if !absent(err) {
		return followed{story: s}, err
	}
	l, err := r.linked(ctx, raw)
	if led := l.URL; led != "" {
		if s, err := r.archived(ctx, led); !absent(err) {
			return followed{story: s}, err
		}
		if isDiscord(led) {
			return followed{}, say("error.discord_link")
		}
		if link(led) != "" {
			raw = led
		}
	}
	name := hostOf(link(raw))
	if err != nil {
		return followed{}, r.unread(err, name)
	}
	if units(link(l.URL)) > linkTyped {
		l.URL = "" // Discord takes none so long
	}
	page := digest.Page{URL: l.URL, Host: name, Title: l.Title, Text: l.Text, Lang: l.Lang, Note: l.Note, Published: l.Published}
	if known, ok := sources.PackedAt(l.URL); ok && text.IsCountry(known.Country) {
		page.Country = known.Country
	}
	s, err = r.services.Digests.Page(ctx, page, r.reads())
	if errors.Is(err, digest.ErrNoBrief) {
		return followed{}, say("link.no_text", "host", Clip(name, nameTyped))
	}
	return followed{s, &l, name}, err
}

// archived is the story of the article that the guild's sources brought at an address, whatever the address carries beside
// it. Of one of which nothing can be shown the page may say more: its error is absent too.
func (r *request) archived(ctx context.Context, raw string) (digest.Story, error) {
	key, err := sources.Key(raw)
	if err != nil {
		return digest.Story{}, store.ErrNotFound
	}
	l, err := r.bot.db.Read().Guild(r.guild).ArticleAt(ctx, key)
	if err != nil {
		return digest.Story{}, err
	}
	return r.services.Digests.Article(ctx, r.guild, l.ID, r.reads())
}

func absent(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, digest.ErrNoBrief)
}

// linked reads the page of a link, with a row before it is fetched.
func (r *request) linked(ctx context.Context, raw string) (l sources.Linked, err error) {
	if r.services.Client == nil {
		return l, errors.New("commands have no client for the web")
	}
	l, known, err := r.services.Client.RecallLink(raw)
	if known {
		return l, err
	}
	err = r.lookup(ctx, store.LookupPage, raw, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, linkTime)
		defer cancel()
		l, err = r.services.Client.ReadLink(ctx, raw)
		return err
	})
	return l, err
}

// unreadLinks are the texts of why a page could not be read, by the codes of sources.Problem. What is not on the public web is
// told like what is nowhere: a reader is to learn nothing of the network the bot stands in.
var unreadLinks = map[string]string{
	"url": "error.no_link", "scheme": "error.no_link", "user": "error.no_link",
	"private": "link.unreachable", "redirect_private": "link.unreachable", "redirect": "link.unreachable", "redirects": "link.unreachable",
	"port": "link.unreachable", "dns": "link.unreachable", "connect": "link.unreachable",
	"tls": "link.tls", "timeout": "link.slow", "slow": "link.slow", "broken": "link.slow", "stopped": "link.slow",
	"unauthorized": "link.paid", "paid": "link.paid", "forbidden": "link.forbidden", "not_found": "link.missing", "gone": "link.missing",
	"throttled": "link.server", "server": "link.server", "status": "link.server", "too_large": "link.heavy", "heavy": "link.heavy",
	"empty": "link.no_text", "no_text": "link.no_text", "media": "link.media", "garbage": "link.media", "no_page": "link.media", "pdf": "link.pdf",
	"feed": "link.feed", "blocked": "link.blocked", "consent": "link.consent", "defect": "link.defect",
}

// unread words why a page could not be read.
func (r *request) unread(err error, host string) error {
	var p *sources.Problem
	if !errors.As(err, &p) {
		return err
	}
	key, ok := unreadLinks[p.Code]
	if !ok || p.Code == "defect" {
		r.bot.log.Error("page not read", "host", host, "code", p.Code)
		key = "link.defect"
	}
	return say(key, "host", Clip(host, nameTyped))
}
