package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
)

// morning is a day before 08:00 in Brussels (07:00 UTC in winter).
var morning = time.Date(2026, 3, 2, 6, 59, 50, 0, time.UTC)

// articleText is the page behind the feed's teaser; the digest must quote it character for character.
const articleText = `<html><head><title>Porto talks</title></head><body><nav>Home</nav><article><h1>Talks on fishing begin in Porto</h1>
<p>Ministers of five coastal states began talks on fishing quotas in Porto on Monday, the first round since last autumn.</p>
<p>“We agree on the fish; we do not yet agree on the nets,” said Ana Reis-Lobo, the Portuguese minister for the sea.</p>
<p>A new quota for sardines is not on the agenda, the hosts said, and the talks will end on Wednesday without a communiqué.</p>
<p>Some 14,000 tonnes were landed in the five states last year, a tenth less than the year before, according to the commission.</p></article></body></html>`

// press serves a feed of a teaser, a full article and an old one, dated around the test's morning.
func press() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/feed.xml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		date := func(ago time.Duration) string { return morning.Add(-ago).Format(time.RFC1123Z) }
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>Harbour Gazette</title><link>http://%[1]s/</link><language>en</language>
<item><title>Talks on fishing begin in Porto</title><link>http://%[1]s/porto</link><pubDate>%[2]s</pubDate><description>Ministers of five coastal states began talks…</description></item>
<item><title>Embassy in Lima reopens after four years</title><link>http://%[1]s/lima</link><pubDate>%[3]s</pubDate><description>%[4]s</description></item>
<item><title>An old story about a bridge</title><link>http://%[1]s/bridge</link><pubDate>%[5]s</pubDate><description>%[6]s</description></item>
</channel></rss>`, r.Host, date(3*time.Hour), date(5*time.Hour),
			strings.Repeat("The embassy in Lima has reopened after four years, the ministry said on Sunday evening. ", 1)+"It will issue visas from April, and its first ambassador since the closure is expected in May with a staff of twelve people who were chosen in the past weeks.",
			date(40*24*time.Hour), "A bridge was opened over the river with a ceremony that many people attended, and the first lorries crossed it before noon while a band played for the workers who had built it in three years.")
	})
	mux.HandleFunc("/porto", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, articleText) })
	return mux
}

// discord starts a fake Discord that checks every request against Discord's own description.
func discord(t *testing.T, o fakediscord.Options) (*fakediscord.Server, string) {
	t.Helper()
	o.Token = token
	o.Guilds = []fakediscord.Guild{{ID: guild, Name: "Test", Channels: []fakediscord.Channel{{ID: channel, Name: "news"}}}}
	o.Check = spectest.Checker(t)
	s := fakediscord.New(o)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("Discord would refuse: %s", v)
		}
	})
	return s, base
}

func TestSpine(t *testing.T) {
	web := httptest.NewServer(press())
	defer web.Close()
	fake, api := discord(t, fakediscord.Options{})
	p := newProgram(t, api, strings.TrimPrefix(web.URL, "http://"))

	out := p.do(morning.Add(-time.Hour), "source", "add", web.URL+"/feed.xml", "--guild", guild)
	if !strings.Contains(out, "Added as source 1") {
		t.Errorf("source add printed\n%s", out)
	}
	p.do(morning.Add(-time.Hour), "schedule", "add", "08:00", "--channel", channel, "--zone", "Europe/Brussels")

	// The slot falls due ten seconds after the start; by then the articles are there.
	r := p.run(morning)
	r.until("the digest", func() bool { return len(fake.Messages(channel)) > 0 })
	r.until("its record", func() bool { return p.metric(`attache_deliveries{status="sent"}`) == 1 })
	body := string(fake.Messages(channel)[0].Body)
	for _, want := range []string{
		"Talks on fishing begin in Porto", "We agree on the fish; we do not yet agree on the nets", "Ana Reis-Lobo",
		"not on the agenda", "#:~:text=", "Embassy in Lima",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the digest lacks %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "bridge") {
		t.Errorf("the digest brings news of last month:\n%s", body)
	}
	var sent struct {
		Nonce    string `json:"nonce"`
		Enforce  bool   `json:"enforce_nonce"`
		Mentions struct {
			Parse []string `json:"parse"`
		} `json:"allowed_mentions"`
	}
	if err := json.Unmarshal([]byte(body), &sent); err != nil || sent.Nonce == "" || !sent.Enforce || sent.Mentions.Parse == nil || len(sent.Mentions.Parse) > 0 {
		t.Errorf("nonce %q, enforced %v, parse %v, %v", sent.Nonce, sent.Enforce, sent.Mentions.Parse, err)
	}
	r.kill()

	// Started again within the same slot, and with the next day's due in ten seconds: only that one comes.
	r = p.run(morning.Add(24 * time.Hour))
	r.until("the next day's digest", func() bool { return p.metric(`attache_deliveries{status="sent"}`) == 2 })
	if n := len(fake.Messages(channel)); n != 2 {
		t.Errorf("%d messages for two slots", n)
	}
	r.stop()
}

// Killed between the request and its answer, the program must find out after its restart that the message is there.
func TestKilledWhilePosting(t *testing.T) {
	web := httptest.NewServer(press())
	defer web.Close()
	created := make(chan struct{}, 10)
	hold := make(chan struct{})
	fake, api := discord(t, fakediscord.Options{OnMessage: func(fakediscord.Message) {
		created <- struct{}{}
		<-hold // the answer does not leave before the program is dead
	}})
	p := newProgram(t, api, strings.TrimPrefix(web.URL, "http://"))
	p.do(morning.Add(-time.Hour), "source", "add", web.URL+"/feed.xml", "--guild", guild)
	p.do(morning.Add(-time.Hour), "schedule", "add", "08:00", "--channel", channel, "--zone", "Europe/Brussels")

	r := p.run(morning)
	r.until("the post", func() bool { return len(created) > 0 })
	r.kill()
	close(hold)
	r = p.run(morning.Add(30 * time.Second))
	r.until("the record", func() bool { return p.metric(`attache_deliveries{status="sent"}`) == 1 })
	if n := len(fake.Messages(channel)); n != 1 {
		t.Errorf("%d messages for one slot", n)
	}
	r.stop()
}

// An outlet corrects what a digest showed, and takes another article back: the very message is changed, and no other is posted.
func TestCorrected(t *testing.T) {
	const was, is = "after four years, the ministry", "after nine years, the ministry"
	var corrected, gone atomic.Bool
	var feeds atomic.Int64 // visits: when a second one begins, what the first brought is stored
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		press().ServeHTTP(rec, r)
		body := rec.Body.String()
		if corrected.Load() {
			body = strings.ReplaceAll(body, was, is)
		}
		if r.URL.Path == "/feed.xml" {
			feeds.Add(1)
		} else if gone.Load() && r.URL.Path == "/porto" {
			rec.Code = http.StatusGone
		}
		w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		w.WriteHeader(rec.Code)
		fmt.Fprint(w, body)
	}))
	defer web.Close()
	fake, api := discord(t, fakediscord.Options{})
	p := newProgram(t, api, strings.TrimPrefix(web.URL, "http://"))
	p.do(morning.Add(-time.Hour), "source", "add", web.URL+"/feed.xml", "--guild", guild)
	p.do(morning.Add(-time.Hour), "schedule", "add", "08:00", "--channel", channel, "--zone", "Europe/Brussels")
	r := p.run(morning)
	r.until("its record", func() bool { return p.metric(`attache_deliveries{status="sent"}`) == 1 })
	r.stop()
	shows := func(words string) bool { return strings.Contains(fmt.Sprint(fake.Messages(channel)[0].Embeds), words) }
	if !shows(was) || !shows("Ana Reis-Lobo") {
		t.Fatalf("the digest lacks what is to be changed: %v", fake.Messages(channel)[0].Embeds)
	}
	// follow runs the program until it has read what changed, and then, when that has settled, until the message says so.
	follow := func(at time.Time, what string, done func() bool) {
		feeds.Store(0)
		r := p.run(at)
		r.until("the new revision", func() bool { return feeds.Load() > 1 && p.metric("attache_articles_waiting") == 0 })
		r.stop()
		r = p.run(at.Add(time.Hour))
		r.until(what, done)
		r.stop()
	}
	corrected.Store(true)
	follow(morning.Add(time.Hour), "the correction", func() bool { return shows(is) && !shows(was) && shows("Ana Reis-Lobo") })
	gone.Store(true)
	follow(morning.Add(6*time.Hour), "the withdrawal", func() bool { return shows("Withdrawn:") && !shows("Ana Reis-Lobo") && shows(is) })
	if ms := fake.Messages(channel); len(ms) != 1 || !strings.Contains(ms[0].Content, "(corrected ") {
		t.Errorf("%d messages, the first %q", len(ms), ms[0].Content)
	}
}
