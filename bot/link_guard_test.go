package bot

import (
	"database/sql"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
	"attache/sources"
)

// rows are the rows of a query over the office's database, columns joined with "|".
func (o *office) rows(query string) (out []string) {
	o.t.Helper()
	db, err := sql.Open("sqlite", "file:"+o.path)
	if err != nil {
		o.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(o.t.Context(), query)
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		o.t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			o.t.Fatal(err)
		}
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = v.String
		}
		out = append(out, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		o.t.Fatal(err)
	}
	return out
}

// lookups are the rows of what was fetched for people.
func (o *office) lookups() []string {
	o.t.Helper()
	return o.rows("SELECT guild, user_id, purpose, url, state FROM lookups ORDER BY id")
}

// summarizes asks for a link in a channel.
func (o *office) summarizes(link, channel string, by ...fakediscord.User) asked {
	o.t.Helper()
	in := fakediscord.Interaction{Name: "summarize", Channel: channel, Options: map[string]any{"link": link}, User: someReader}
	if len(by) > 0 {
		in.User = by[0]
	}
	return o.ask(in)
}

// article is a page of enough text to be told.
func articlePage(title, text string) string {
	e := html.EscapeString
	return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + e(title) + "</title><meta property=\"og:site_name\" content=\"" + e(title) + "\">" +
		"<meta name=\"author\" content=\"" + e(title) + "\"></head><body><article><h1>" + e(title) + "</h1><p>The harbourmaster of the lake spoke of " + e(text) +
		" on Monday, in the oldest of the four towns that the ferries call at.</p><p>“" + e(text) + "” said the harbourmaster, Marit Ohlendorf-Vance, and nobody on the pier had a word to add to it." +
		"</p><p>The ferries of the lake carry some 2.4 million passengers in a year, a fifth more than in the year before, and none of them at night.</p></article></body></html>"
}

func servePage(body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write([]byte(body))
	}
}

// TestTenancyLinks: what one server's source brought at an address is told to that server alone. Another that asks for the same
// address gets the page as it is on the web, and nothing of it is in either archive.
func TestTenancyLinks(t *testing.T) {
	t.Parallel()
	o, w := linkOffice(t)
	at := w.url("news.example/shared")
	w.on("news.example/shared", servePage(articlePage("What the web says", "fog")))
	o.publish(store.Article{Source: o.sources["gazette"], URL: at, Title: "What the archive says", Published: deskNow.Add(-time.Hour), Text: "The archive of the gazette holds this sentence about the lake and its bells.\n" +
		"It was changed on the web since then, the harbour office said on Monday."})
	count := func() string { return strings.Join(o.rows("SELECT COUNT(*), MAX(id) FROM articles"), "") }
	before := count()

	if a := o.summarizes(at, textID); len(a.Embeds) != 1 || a.Embeds[0].Title != "What the archive says" || len(w.requests()) > 0 || len(o.lookups()) > 0 {
		t.Errorf("in the server that reads it: %s", a.Body)
	}
	theirs := regexp.MustCompile(`(?i)archive|gazette`)
	for i, raw := range []string{at, w.url("www.news.example/shared"), at + "?utm_source=x", at} {
		a := o.summarizes(raw, otherChannel)
		asked := w.requests()
		switch {
		case theirs.Match(a.Body):
			t.Errorf("%s: the other server sees %s", raw, a.Body)
		case i == 1: // a name that this web does not have
		case len(a.Embeds) != 1 || a.Embeds[0].Title != "What the web says":
			t.Errorf("%s: %s", raw, a.Body)
		case (len(asked) > 0) != (i != 3):
			t.Errorf("%s: asked %q", raw, asked)
		}
	}
	// What another server had fetched is no archive: here it is asked for as a link again.
	if a := o.summarizes(w.url("news.example/treaty"), otherChannel); len(a.Embeds) != 1 || len(w.requests()) != 1 {
		t.Errorf("%s", a.Body)
	}
	if a := o.ask(fakediscord.Interaction{Name: "search", Channel: otherChannel, Options: map[string]any{"words": "ferries"}}); len(a.Embeds) > 0 {
		t.Errorf("a page that was read is in the archive: %s", a.Body)
	}
	if after := count(); after != before {
		t.Errorf("articles %s, were %s", after, before)
	}
}

// TestHostileLinks: the strings of the file as title, text and names of a page: what is answered is taken by Discord, and
// nothing in it is alive.
func TestHostileLinks(t *testing.T) {
	t.Parallel()
	o, w := linkOffice(t)
	own := strings.NewReplacer("**", "", "*", "", "\n> ", "\n", "\n-# ", "\n", "\n• ", "\n")
	ownLink := regexp.MustCompile(`\[(\[\d+\]|[^\[\]]*)\]\(https?://[^\s()]+\)`)
	ownWords := regexp.MustCompile(`\\\[\d+\\\]`)
	told := 0
	check := func(name string, a asked) {
		t.Helper()
		texts := []string{a.Call.Content}
		for _, e := range a.Embeds {
			texts = append(texts, e.Title, e.Description)
		}
		for _, s := range texts {
			if what := alive(unstyled(own, ownWords.ReplaceAllString(ownLink.ReplaceAllString(s, ""), "")), true); what != "" {
				t.Errorf("%s: %s in\n%s", name, what, s)
			}
		}
		if strings.Contains(a.Call.Content, "tell my operator") {
			t.Errorf("%s failed: %s", name, a.Body)
		}
		for _, e := range a.Embeds {
			if u, err := url.Parse(e.URL); err != nil || e.URL != "" && u.Hostname() != "news.example" {
				t.Errorf("%s leads to %q", name, e.URL)
			}
		}
		if len(a.Embeds) > 0 {
			told++
		}
	}
	strange := readHostile(t)
	for i, h := range strange {
		at := fmt.Sprintf("news.example/hostile/%d", i)
		w.on(at, servePage(articlePage(h.Input, h.Input)))
		a := o.summarizes(w.url(at), textID)
		check(h.ID, a)
		for _, b := range buttonsOf(t, a.Body) {
			if b.Label == "Next" && !b.Disabled {
				check(h.ID+" [next]", o.press(a, b.CustomID))
			}
		}
		if i%3 == 2 {
			check(h.ID+" menu", o.play(step{Name: "Summarize links", Message: fmt.Sprintf("%s %s %s %s", w.url(at), w.url(fmt.Sprintf("news.example/hostile/%d", i-1)),
				w.url(fmt.Sprintf("news.example/hostile/%d", i-2)), Clip(strings.ToValidUTF8(h.Input, ""), 90))}, asked{}))
		}
		o.pass(time.Hour)
	}
	if told < len(strange) {
		t.Errorf("%d of %d pages were told", told, len(strange))
	}
}

// A page that does not come is put off, and then told to be slow; the reader of another page does not wait for it.
func TestSlowLink(t *testing.T) {
	t.Parallel()
	o, w := linkOffice(t, hasty)
	w.on("news.example/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	var err error
	o.client, err = sources.NewClient(sources.ClientOptions{AllowPrivate: []string{"news.example:" + w.port()}, Now: o.now, Resolver: namesOf(t, "news.example"), Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	o.restart()
	for _, lang := range []string{"en", "de"} {
		a := o.ask(fakediscord.Interaction{Name: "summarize", Channel: textID, Locale: lang, Options: map[string]any{"link": w.url("news.example/slow")}})
		calls := a.Calls()
		if len(calls) != 2 || calls[0].Type != fakediscord.CallbackDefer || a.Did != fakediscord.DidEdit || !a.Ephemeral ||
			a.Call.Content != o.bot.texts[lang].text("link.slow", "host", "news.example") {
			t.Errorf("%d calls, the last %s: %s", len(calls), a.Did, a.Body)
		}
	}
	if got := o.lookups(); len(got) != 1 || !strings.HasSuffix(got[0], "|failed") {
		t.Errorf("%q", got) // the second was told from memory
	}
}

// Whatever is fetched for people has its row before the first request, with the address masked, and says what became of it.
func TestLookupRows(t *testing.T) {
	t.Parallel()
	o, w := linkOffice(t)
	open := atomic.Int32{}
	seen := func(h http.HandlerFunc) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			if n := len(o.rows("SELECT id FROM lookups WHERE state = 'open'")); n == 1 {
				open.Add(1)
			}
			h(rw, r)
		}
	}
	w.on("news.example/treaty", seen(servePage(articlePage("Ferries", "fog"))))
	w.on("news.example/rss", seen(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/rss+xml")
		_, _ = rw.Write([]byte(hostileFeed("fog")))
	}))
	w.on("news.example/gone", seen(http.NotFound))
	call := func(name, option, at string, by fakediscord.User) {
		t.Helper()
		o.ask(fakediscord.Interaction{Name: name, User: by, Channel: textID, Options: map[string]any{option: w.url(at)}})
	}
	call("summarize", "link", "news.example/treaty?token=s3cr3t&a=1", someReader)
	call("summarize", "link", "news.example/gone", someReader)
	call("source test", "url", "news.example/rss?key=s3cr3t", someManager)
	call("source add", "url", "news.example/rss", someManager)
	call("summarize", "link", "news.example/gone", someReader) // known to be: nothing is fetched
	o.summarizes("http://169.254.169.254/", textID)            // nor here
	want := []string{
		guildID + "|7001|page|http://news.example:PORT/treaty?…|done",
		guildID + "|7001|page|http://news.example:PORT/gone|failed",
		guildID + "|7002|source|http://news.example:PORT/rss?…|done",
		guildID + "|7002|source|http://news.example:PORT/rss|done",
	}
	got := o.lookups()
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], ":"+w.port(), ":PORT")
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := open.Load(); int(n) != len(w.requests()) || n < 4 {
		t.Errorf("%d requests found their row", n)
	}
	if log := o.log.String(); strings.Contains(log, "s3cr3t") {
		t.Errorf("the log holds the secret:\n%s", log)
	}
	if err := o.bot.forgetNow(t.Context(), o.now().Add(lookupsKept+time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := o.lookups(); len(got) > 0 {
		t.Errorf("after a fortnight: %q", got)
	}
}

// A reader, a server and its managers get so much fetched in a day, are told when there is more, and keep what needs no fetching.
func TestLookupLimits(t *testing.T) {
	t.Parallel()
	o, w := linkOffice(t)
	second := fakediscord.User{ID: "7021", Name: "second"}
	at := w.url("news.example/treaty")
	told := func(a asked, key string) {
		t.Helper()
		when := ""
		if m := regexp.MustCompile(`<t:\d+:R>`).FindString(a.Call.Content); m != "" {
			when = m
		}
		switch want := o.bot.texts["en"].text(key, "when", when); {
		case key == "" && len(a.Embeds) == 0:
			t.Errorf("refused: %s", a.Body)
		case key != "" && (a.Call.Content != want || when == ""):
			t.Errorf("%s: %s", key, a.Body)
		}
	}
	o.lookedUp(guildID, someReader.ID, store.LookupPage, pagesOfUser-1)
	o.lookedUp(otherGuild, second.ID, store.LookupPage, pagesOfGuild) // another server's are its own
	told(o.summarizes(at, textID), "")
	told(o.summarizes(w.url("news.example/vertrag"), textID), "error.many_pages")
	told(o.summarizes(at, textID), "")                              // in memory
	told(o.summarizes("https://harbour.example/porto", textID), "") // in the archive
	told(o.summarizes(w.url("news.example/vertrag"), textID, second), "")
	o.lookedUp(guildID, "7099", store.LookupPage, pagesOfGuild-pagesOfUser-1)
	told(o.summarizes(w.url("news.example/half"), textID, second), "error.many_pages_here")
	if a := o.play(step{Name: "Summarize links", Message: at + " " + w.url("news.example/half")}, asked{}); len(a.Embeds) != 1 || !strings.Contains(a.Call.Content, "<t:") {
		t.Errorf("of two links one is in memory: %s", a.Body)
	}

	test := func() asked {
		t.Helper()
		return o.ask(fakediscord.Interaction{Name: "source test", User: someManager, Channel: textID, Options: map[string]any{"url": w.url("news.example/feed")}})
	}
	if a := test(); strings.Contains(a.Call.Content, "<t:") {
		t.Errorf("readers used up what is the managers': %s", a.Body)
	}
	o.lookedUp(guildID, "7099", store.LookupSource, sourcesOfGuild-1)
	told(test(), "error.many_tries")
	w.requests()
	o.pass(lookupsIn)
	told(o.summarizes(w.url("news.example/half"), textID, second), "")
	if len(w.requests()) != 1 {
		t.Error("a day later nothing was fetched")
	}
}

// An address with a secret: of a source that was tried and never begun it is gone after its hour, of a link it is kept nowhere.
// Neither is logged, and what the link led to cannot be posted.
func TestSecretAddresses(t *testing.T) {
	t.Parallel()
	o, w := linkOffice(t)
	w.on("news.example/rss", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/rss+xml")
		_, _ = rw.Write([]byte(hostileFeed("fog")))
	})
	const everything = "SELECT pages FROM answers UNION ALL SELECT url FROM lookups UNION ALL SELECT subject || detail FROM audit"
	holds := func() bool { return strings.Contains(strings.Join(o.rows(everything), "\n"), "s3cr3t") }
	a := o.summarizes(w.url("news.example/treaty?token=s3cr3t"), textID)
	if len(a.Embeds) != 1 || holds() || strings.Contains(string(a.Body), `"post:`) || strings.Contains(string(a.Body), `"page:`) {
		t.Errorf("kept: %q, answered %s", o.rows(everything), a.Body)
	}
	a = o.ask(fakediscord.Interaction{Name: "source add", User: someManager, Channel: textID, Options: map[string]any{"url": w.url("news.example/rss?key=s3cr3t"), "tier": "press"}})
	if !holds() || strings.Contains(string(a.Body), "s3cr3t") {
		t.Errorf("it is to be held for an hour, and not shown: %s", a.Body)
	}
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{heldFor - time.Minute, true}, {time.Minute, false}} {
		o.pass(c.after)
		if err := o.bot.forgetNow(t.Context(), o.now()); err != nil {
			t.Fatal(err)
		}
		if holds() != c.want {
			t.Errorf("held: %t", !c.want)
		}
	}
	if a = o.press(a, "Begin reading", someManager); strings.Contains(string(a.Body), "Reading") {
		t.Errorf("begun after it was gone: %s", a.Body)
	}
	if log := o.log.String(); strings.Contains(log, "s3cr3t") {
		t.Errorf("the log holds the secret:\n%s", log)
	}
}

// Each reason for which a page is not read has its sentence in each language, and an unknown one is told too.
func TestUnreadLinks(t *testing.T) {
	t.Parallel()
	r := asking(t, "en")
	log := &logged{}
	r.bot.log = slog.New(slog.NewTextHandler(log, nil))
	for lang, c := range r.bot.texts {
		for code, key := range unreadLinks {
			if c.texts[key] == "" {
				t.Errorf("%s: %s has no text %s", lang, code, key)
			}
		}
	}
	for code, want := range map[string]string{"private": "link.unreachable", "dns": "link.unreachable", "redirect_private": "link.unreachable", "new one": "link.defect"} {
		text, known := sentence(r.t, r.unread(&sources.Problem{Code: code, Sentence: "Ask 10.0.0.1."}, "news.example"))
		if !known || text != r.t.text(want, "host", "news.example") {
			t.Errorf("%s: %q", code, text)
		}
	}
}
