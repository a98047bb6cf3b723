package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

// opmlOf is a list of feeds that bears a name for each address.
func opmlOf(urls ...string) fakediscord.File {
	var b strings.Builder
	b.WriteString("<opml><body>")
	for i, u := range urls {
		fmt.Fprintf(&b, `<outline text="Outlet %d" xmlUrl="%s"/>`, i, u)
	}
	return fakediscord.File{Name: "list.opml", Kind: "text/x-opml", Data: []byte(b.String() + "</body></opml>")}
}

// handOver gives a file to /source import.
func (o *office) handOver(f fakediscord.File) asked {
	o.t.Helper()
	return o.ask(fakediscord.Interaction{User: someManager, Name: "source import", Options: map[string]any{"file": f}, Channel: textID})
}

// Files that are none, or would do harm: the answer says what is wrong, and nothing is stored.
func TestImportHostile(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	before := o.world(guildID)
	inside := []string{"http://127.0.0.1/feed", "http://169.254.169.254/latest", "http://[::1]/", "http://10.0.0.7:80/feed", "http://localhost/feed", "http://2130706433/", "file:///etc/passwd", "https://a:b@harbour.example/"}
	many := make([]string, 300)
	for i := range many {
		many[i] = fmt.Sprintf("http://10.0.0.%d/feed", i)
	}
	for name, c := range map[string]struct {
		file fakediscord.File
		want []string
	}{
		"empty":     {fakediscord.File{Name: "a.opml"}, []string{"no OPML file"}},
		"a picture": {fakediscord.File{Name: "a.opml", Kind: "image/png", Data: []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")}, []string{"no OPML file"}},
		"a page":    {fakediscord.File{Name: "a.opml", Data: []byte("<html><body>Sign in</body></html>")}, []string{"no OPML file"}},
		"10 MB":     {fakediscord.File{Name: "a.opml", Data: make([]byte, 10<<20)}, []string{"larger than 1 MB"}},
		"a bomb": {fakediscord.File{Name: "a.opml", Data: []byte(`<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
			<opml><body><outline text="&b;&x;" xmlUrl="http://127.0.0.1/&b;"/></body></opml>`)}, []string{"Nothing new in the file", "&b;&x;", "private or local network"}},
		"inside the network": {opmlOf(inside...), []string{"Nothing new in the file", "8 cannot be read", "private or local network", "user name or password", "Only http and https"}},
		"many inside":        {opmlOf(many...), []string{"300 cannot be read"}},
	} {
		a := o.handOver(c.file)
		for _, want := range c.want {
			if !strings.Contains(a.Call.Content, want) {
				t.Errorf("%s: %q is not in %s", name, want, a.Call.Content)
			}
		}
		for _, b := range buttonsOf(t, a.Body) {
			if strings.HasPrefix(b.CustomID, "import-add") {
				t.Errorf("%s can be read: %s", name, a.Call.Content)
			}
		}
		if strings.Contains(a.Call.Content, "/etc/passwd") || strings.Contains(a.Call.Content, "a:b@") {
			t.Errorf("%s: %s", name, a.Call.Content)
		}
	}
	if after := o.world(guildID); after != before {
		t.Errorf("something was stored:\n%s\n%s", before, after)
	}
}

// What an interaction says of its file is believed no further than it must: a file on another host is not fetched, nor one
// whose size is not true; an id without a file is no file.
func TestImportForged(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	o.serve("/list.opml", string(opmlOf("https://fresh.example/feed").Data))
	before := o.world(guildID)
	forge := func(value, attachments string) string {
		t.Helper()
		data := fmt.Sprintf(`{"id":"1","name":"source","type":1,"options":[{"name":"import","type":1,"options":[{"name":"file","type":11,"value":%s}]}],"resolved":{"attachments":%s}}`, value, attachments)
		return o.ask(fakediscord.Interaction{User: someManager, Name: "source import", Channel: textID, Forged: true, Data: json.RawMessage(data)}).Call.Content
	}
	file := func(url string, size int) string {
		return fmt.Sprintf(`{"9":{"id":"9","filename":"list.opml","size":%d,"url":%q,"proxy_url":%q}}`, size, url, url)
	}
	for _, url := range []string{
		o.web.URL + "/list.opml", "http://169.254.169.254/list.opml", "http://127.0.0.1:1/list.opml", "http://cdn.discordapp.com/list.opml",
		"https://cdn.discordapp.com.evil.example/list.opml", "https://cdn.discordapp.com@evil.example/list.opml", "file:///etc/passwd", "",
		strings.Replace(o.base, "/api/v10", "/attachments/none", 1),
	} {
		if got := forge(`"9"`, file(url, 10)); !strings.Contains(got, "could not get the file from Discord") {
			t.Errorf("%s: %s", url, got)
		}
	}
	for _, value := range []string{`"8"`, `"9;"`, `9`, `null`, `{"url":"x"}`} {
		if got := forge(value, file("https://cdn.discordapp.com/a", 10)); !strings.Contains(got, "The option file is not") {
			t.Errorf("value %s: %s", value, got)
		}
	}
	if got := forge(`"9"`, `{"9":{"id":"9","size":-5}}`); !strings.Contains(got, "could not get the file") {
		t.Error(got)
	}
	// Discord says that it is small.
	large := opmlOf("https://fresh.example/feed")
	large.Data = append(large.Data, make([]byte, 2<<20)...)
	var seen struct {
		Data struct {
			Resolved struct {
				Attachments map[string]struct {
					URL string `json:"url"`
				} `json:"attachments"`
			} `json:"resolved"`
		} `json:"data"`
	}
	if err := json.Unmarshal(o.handOver(large).Payload, &seen); err != nil || len(seen.Data.Resolved.Attachments) != 1 {
		t.Fatalf("%+v, %v", seen, err)
	}
	for _, a := range seen.Data.Resolved.Attachments {
		if got := forge(`"9"`, file(a.URL, 10)); !strings.Contains(got, "larger than 1 MB") {
			t.Error(got)
		}
	}
	if after := o.world(guildID); after != before {
		t.Errorf("something was stored:\n%s\n%s", before, after)
	}
}

// A file with more than fits is read as far as it fits, and one to a full server not at all.
func TestImportFits(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	urls := make([]string, sourcesMost+50)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://outlet-%d.example/feed", i)
	}
	a := o.handOver(opmlOf(urls...))
	if !strings.Contains(a.Call.Content, "497 sources of the file are new") || !strings.Contains(a.Call.Content, "53 more do not fit") {
		t.Fatal(a.Call.Content)
	}
	o.subscribe(guildID, "https://meanwhile.example/feed", store.Subscription{Name: "Meanwhile"})
	if got := o.press(a, "Read these 497 sources"); !strings.Contains(got.Call.Content, "reads 500 sources, which is all") {
		t.Error(got.Call.Content)
	}
	if subs, err := o.db.Read().Subscriptions(t.Context(), guildID); err != nil || len(subs) != 4 {
		t.Errorf("%d sources, %v", len(subs), err)
	}
	if got := o.press(o.handOver(opmlOf(urls...)), "Read these 496 sources"); !strings.Contains(got.Call.Content, "of 496 sources were visited") {
		t.Error(got.Call.Content)
	}
	if got := o.handOver(opmlOf("https://one-more.example/feed")); !strings.Contains(got.Call.Content, "reads 500 sources, which is all") {
		t.Error(got.Call.Content)
	}
	// What is removed and read again by a file counts as what is tried one by one.
	o.write(func(ctx context.Context, q *store.Q) error {
		subs, err := q.Subscriptions(ctx, guildID)
		for _, s := range subs {
			if err == nil {
				err = q.Unsubscribe(ctx, guildID, s.Source.ID)
			}
		}
		return err
	})
	o.handOver(opmlOf(urls[:500]...))
	a = o.handOver(opmlOf(urls[:500]...)) // the fifth file that is fetched
	if got := o.press(a, "Read these 500 sources"); !strings.Contains(got.Call.Content, "Many addresses were tried") {
		t.Error(got.Call.Content)
	}
	if subs, err := o.db.Read().Subscriptions(t.Context(), guildID); err != nil || len(subs) != 0 {
		t.Errorf("%d sources, %v", len(subs), err)
	}
	if got := o.press(o.handOver(opmlOf(urls[:490]...)), "Read these 490 sources"); !strings.Contains(got.Call.Content, "of 490") {
		t.Error(got.Call.Content)
	}
}

// An import of 200 sources: the answer changes as they are visited and ends with what cannot be read; a button takes that away.
// A restart in between loses nothing.
func TestImportIsFollowed(t *testing.T) {
	t.Parallel()
	ticks := make(chan time.Time)
	o, _, _ := managersOffice(t, hasty, func(o *office) { o.tick = func(time.Duration) <-chan time.Time { return ticks } })
	urls := make([]string, 200)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://outlet-%d.example/feed", i)
	}
	chosen := o.handOver(opmlOf(urls...))
	id := ""
	for _, b := range buttonsOf(t, chosen.Body) {
		if strings.HasPrefix(b.CustomID, "import-add:") {
			id = b.CustomID
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	follow := func(e *fakediscord.Exchange, press string) *fakediscord.Exchange {
		t.Helper()
		next, err := o.fake.Press(ctx, e, press, someManager)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	tick := func() {
		t.Helper()
		select {
		case ticks <- time.Time{}:
		case <-ctx.Done():
			t.Fatalf("nobody looks again\n%s", o.log.String())
		}
	}
	shows := func(e *fakediscord.Exchange, want ...string) fakediscord.Call {
		t.Helper()
		c, err := e.Await(ctx, func(c fakediscord.Call) bool {
			for _, w := range want {
				if !strings.Contains(c.Content, w) {
					return false
				}
			}
			return c.Did == fakediscord.DidEdit && c.Status < 400
		})
		if err != nil {
			t.Fatalf("%q: %v", want, err)
		}
		return c
	}
	visit := func(from, to int, problem string) {
		t.Helper()
		o.write(func(ctx context.Context, q *store.Q) error {
			subs, err := q.Subscriptions(ctx, guildID)
			if err != nil {
				return err
			}
			for _, s := range subs[3+from : 3+to] {
				src, err := q.Source(ctx, s.Source.ID)
				if err != nil {
					return err
				}
				src.LastVisit = o.now()
				if src.Error = problem; problem == "" {
					src.LastSuccess = o.now()
				}
				if err := q.SaveVisit(ctx, src); err != nil {
					return err
				}
			}
			return nil
		})
	}
	e := follow(chosen.Exchange, id)
	if _, err := e.Acknowledged(ctx); err != nil {
		t.Fatal(err)
	}
	tick() // nothing is new: nothing is changed
	visit(0, 80, "")
	tick()
	shows(e, "80 of 200 sources were visited")
	visit(80, 90, "There is nothing at this address. Check it for typing errors, or give the site's front page to look for its feed.")
	tick()
	shows(e, "90 of 200", "10 of them cannot be read", "nothing at this address")
	if n := len(e.Calls()); n != 3 {
		t.Errorf("%d calls: %v", n, e.Calls())
	}
	stopped := make(chan error, 1)
	go func() { stopped <- o.stop() }() // it ends without another tick
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	o.start()
	visit(90, 200, "")
	look := ""
	last := shows(e, "90 of 200")
	for _, b := range buttonsOf(t, last.Body) {
		if b.Label == "How far is it?" {
			look = b.CustomID
		}
	}
	o.pass(10 * time.Second)
	done := follow(e, look)
	c := shows(done, "200 of 200", "10 of them cannot be read")
	clear := ""
	for _, b := range buttonsOf(t, c.Body) {
		if strings.HasPrefix(b.CustomID, "pack-clear:") {
			clear = b.CustomID
		}
	}
	if clear == "" {
		t.Fatalf("no button takes away what cannot be read: %s", c.Body)
	}
	o.pass(10 * time.Second)
	shows(follow(done, clear), "10 sources were removed")
	if subs, err := o.db.Read().Subscriptions(t.Context(), guildID); err != nil || len(subs) != 3+190 {
		t.Errorf("%d sources, %v", len(subs), err)
	}
}

// A file that was sent twice, because the first answer was lost, hangs on the answer once.
func TestExportOnce(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t, hasty)
	o.fake.Inject(fakediscord.Fault{Method: http.MethodPatch, Cut: true, After: true})
	a := o.ask(fakediscord.Interaction{User: someManager, Name: "source export", Channel: textID})
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	edits := 0
	_, err := a.Exchange.Await(ctx, func(c fakediscord.Call) bool {
		if c.Did == fakediscord.DidEdit {
			edits++
		}
		return edits == 2
	})
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := a.Exchange.Message(); !ok || len(m.Files) != 1 || m.Files[0].Name != exportName || !m.Ephemeral {
		t.Errorf("%d files, ephemeral %t", len(m.Files), m.Ephemeral)
	}
}
