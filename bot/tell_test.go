package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

// ail makes a source as its visits would: gone for good, failing for a week, or well, visited now.
func (o *office) ail(id int64, how string) {
	o.t.Helper()
	o.write(func(ctx context.Context, q *store.Q) error {
		s, err := q.Source(ctx, id)
		if err != nil {
			return err
		}
		s.LastVisit = o.now()
		switch how {
		case "gone":
			s.Status, s.Failures, s.Error = "gone", s.Failures+1, "The publisher has removed this for good. Remove the source, or give the site's front page to look for a new feed."
		case "failing":
			s.Failures, s.Error = max(s.Failures+1, deadFailures), "The server has a fault of its own at the moment. Try again later."
			if s.LastSuccess.IsZero() {
				s.LastSuccess = o.now().Add(-7 * 24 * time.Hour)
			}
		case "well":
			s.Status, s.Failures, s.Error, s.LastSuccess = "active", 0, "", o.now()
		}
		return q.SaveVisit(ctx, s)
	})
}

// tell looks once whether managers are to be told something.
func (o *office) tell() {
	o.t.Helper()
	if err := o.bot.tellNow(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// told are the messages that stand in a channel, as they are read, without those that were there before.
func (o *office) told(channel string) (out []string) {
	for _, m := range o.fake.Messages(channel) {
		out = append(out, previewMarker.ReplaceAllString(Unescape(m.Content), "$1 MARKER"))
	}
	return out
}

// wantTold fails unless as many messages stand in a channel, and returns the last one.
func (o *office) wantTold(channel string, n int, when string) string {
	o.t.Helper()
	all := o.told(channel)
	if len(all) != n {
		o.t.Fatalf("%s: %d messages stand in the channel, want %d: %q", when, len(all), n, all)
	}
	if n == 0 {
		return ""
	}
	return all[n-1]
}

// tellOffice is an office whose two servers have a channel for notices, and in which everything is read.
func tellOffice(t *testing.T, how ...func(*office)) *office {
	t.Helper()
	o := newOffice(t, how...)
	for guild, channel := range map[string]string{guildID: textID, otherGuild: otherChannel} {
		by := fakediscord.User{ID: "70" + guild, Name: "manager" + guild, Permissions: fakediscord.Manager}
		a := o.ask(fakediscord.Interaction{User: by, Name: "admin settings", Channel: channel, Options: map[string]any{"notices": channel, "language": "en"}})
		if !strings.Contains(a.Call.Content, "<#"+channel+">") {
			t.Fatal(a.Call.Content)
		}
	}
	o.pass(8 * 24 * time.Hour) // all are read for longer than a source may fail
	for _, id := range o.sources {
		o.ail(id, "well")
	}
	return o
}

// A source that is gone is told once, to each server by that server's name for it, and once more when it is back; a restart
// tells nothing again.
func TestTellGone(t *testing.T) {
	t.Parallel()
	o := tellOffice(t)
	o.tell()
	o.ail(o.sources["harbour"], "gone")
	o.tell()
	o.wantTold(textID, 0, "others may die with it")
	o.pass(gatherFor)
	o.tell()
	got := o.wantTold(textID, 1, "after an hour")
	want := "**1 source of this server is dead**\n• **Harbour Times**\n-# gone: the site says that the feed is no more. Remove it, or add its new address."
	if !strings.HasPrefix(got, want) || !strings.Contains(got, "/source remove") || strings.Contains(strings.ToLower(got), "zebra") {
		t.Error(got)
	}
	if got := o.wantTold(otherChannel, 1, "in the other server"); !strings.Contains(got, "zebra wire") || strings.Contains(got, "Harbour Times") {
		t.Error(got)
	}
	for range 3 {
		o.restart()
		o.pass(25 * time.Hour)
		o.tell()
	}
	o.wantTold(textID, 1, "after restarts")
	// Somebody reads it again: another server, perhaps.
	o.ail(o.sources["harbour"], "well")
	o.tell()
	if got := o.wantTold(textID, 2, "once it is back"); !strings.HasPrefix(got, "**1 source is read again**\n• **Harbour Times**") || strings.Contains(got, "/source remove") {
		t.Error(got)
	}
	o.restart()
	o.pass(25 * time.Hour)
	o.tell()
	o.wantTold(textID, 2, "after that is told")
	a := o.ask(fakediscord.Interaction{User: someManager, Name: "admin audit", Channel: textID}).Call.Content
	if !strings.Contains(a, "source dead") || !strings.Contains(a, "source back") || !strings.Contains(a, "Harbour Times") {
		t.Error(a)
	}
}

// A source that fails is told when it failed for days and at a later visit still does; one that comes back before is not.
func TestTellFailing(t *testing.T) {
	t.Parallel()
	o := tellOffice(t)
	for i := range fewSources {
		o.ail(o.subscribe("reads much", fmt.Sprintf("https://outlet-%d.example/feed", i), store.Subscription{Name: "x"}), "well")
	}
	sea, gazette := o.sources["sea"], o.sources["gazette"]
	o.pass(4 * 24 * time.Hour)
	o.ail(sea, "failing")
	o.ail(gazette, "failing")
	o.tell()
	o.pass(2 * gatherFor)
	o.ail(sea, "failing")
	o.tell()
	o.wantTold(textID, 0, "when nothing at all could be read for days")
	read := func() {
		o.ail(o.sources["harbour"], "well")
	}
	read()
	o.tell()
	o.pass(gatherFor)
	read()
	o.tell()
	o.wantTold(textID, 0, "until it was visited again")
	o.ail(sea, "failing")
	o.ail(gazette, "well")
	o.tell()
	got := o.wantTold(textID, 1, "when it failed again")
	if !strings.Contains(got, "Ministry of the Sea") || !strings.Contains(got, "failed 10 times in a row: The server has a fault of its own") || strings.Contains(got, "Gazette") {
		t.Error(got)
	}
	// It comes and goes: a day later that is told at most once.
	for range 5 {
		o.pass(time.Minute)
		o.ail(sea, "well")
		o.tell()
		o.ail(sea, "failing")
		o.tell()
	}
	o.wantTold(textID, 1, "while it comes and goes")
	o.pass(25 * time.Hour)
	o.ail(sea, "well")
	o.tell()
	o.wantTold(textID, 2, "when it stays")
}

// Fifty sources of one server that die within a day are one message, within its limits; those of nobody's concern are none.
func TestTellMany(t *testing.T) {
	t.Parallel()
	o := tellOffice(t)
	var ids []int64
	for i := range 50 {
		ids = append(ids, o.subscribe(guildID, fmt.Sprintf("https://outlet-%d.example/feed?key=4f9a8b7c6d5e4f3a%d", i, i), store.Subscription{Name: fmt.Sprintf("Outlet %d of @everyone *and* a very long name, as outlets are called", i)}))
	}
	paused := o.sources["gazette"]
	o.write(func(ctx context.Context, q *store.Q) error {
		subs, err := q.Subscriptions(ctx, guildID)
		if err != nil {
			return err
		}
		for _, s := range subs {
			if s.Source.ID == paused {
				s.Paused = true
				return q.SaveSubscription(ctx, s)
			}
		}
		return nil
	})
	o.ail(paused, "gone")
	for _, id := range ids {
		o.ail(id, "gone")
		o.pass(time.Minute)
		o.tell()
	}
	o.pass(gatherFor)
	o.tell()
	got := o.wantTold(textID, 1, "fifty deaths")
	if !strings.HasPrefix(got, "**50 sources of this server are dead**\n• **Outlet 0") || !strings.Contains(got, "\n… and ") || strings.Contains(got, "key=") || strings.Contains(got, "Gazette") {
		t.Error(got)
	}
	if m := o.fake.Messages(textID)[0]; len(m.Mentions.Parse) != 0 || strings.Contains(m.Content, "@everyone") || units(m.Content) < contentLimit*3/4 {
		t.Errorf("%d units, mentions %+v: %s", units(m.Content), m.Mentions, m.Content)
	}
	for range 10 {
		o.pass(26 * time.Hour)
		o.tell()
	}
	o.wantTold(textID, 1, "days later")
	for _, id := range ids {
		o.ail(id, "well")
	}
	o.pass(time.Minute)
	o.tell()
	if got := o.wantTold(textID, 2, "all are back"); !strings.HasPrefix(got, "**50 sources are read again**") {
		t.Error(got)
	}
	o.wantTold(otherChannel, 0, "of another server's")
}

// Whatever becomes of the request, of the answer, or of other processes: one message.
func TestTellOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fakediscord.Fault
		after time.Duration
	}{
		"the answer is lost":                  {fakediscord.Fault{Method: http.MethodPost, Cut: true, After: true}, time.Minute},
		"the answer is lost for a long time":  {fakediscord.Fault{Method: http.MethodPost, Cut: true, After: true}, time.Hour},
		"the request is lost":                 {fakediscord.Fault{Method: http.MethodPost, Cut: true}, time.Minute},
		"the request is lost for a long time": {fakediscord.Fault{Method: http.MethodPost, Cut: true}, time.Hour},
		"Discord has a fault, and took it":    {fakediscord.Fault{Method: http.MethodPost, Status: 502, After: true}, time.Hour},
		"Discord asks to wait":                {fakediscord.Fault{Method: http.MethodPost, RetryAfter: 30 * time.Second}, time.Hour},
		"nothing goes wrong":                  {fakediscord.Fault{}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := tellOffice(t)
			o.ail(o.sources["sea"], "gone")
			o.tell()
			o.pass(gatherFor)
			both := func() (failed error) {
				second := newBot(t, o.db, o.base, quick()) // a process beside it
				second.Serve(o.bot.desk.services)
				errs := make(chan error)
				for _, b := range []*Bot{o.bot, second} {
					go func() { errs <- b.tellNow(t.Context()) }()
				}
				return errors.Join(<-errs, <-errs)
			}
			if c.fault.Method != "" {
				c.fault.Times = 2 // of both
				o.fake.Inject(c.fault)
			}
			_ = both() // may fail: the next one goes on
			o.restart()
			o.pass(c.after)
			if err := both(); err != nil {
				t.Error(err)
			}
			o.pass(48 * time.Hour)
			o.tell()
			o.wantTold(textID, 1, name)
		})
	}
}

// Where no channel is named, or it is closed, managers read it in the audit; what was told so is not told again later.
func TestTellNowhere(t *testing.T) {
	t.Parallel()
	o := tellOffice(t)
	settings := o.ask(fakediscord.Interaction{User: someManager, Name: "admin settings", Channel: textID})
	if a := o.press(settings, "No notices", someManager); !strings.Contains(a.Call.Content, "/admin audit and /source list alone") {
		t.Fatal(a.Call.Content)
	}
	before := len(o.fake.Requests())
	o.ail(o.sources["sea"], "gone")
	o.tell()
	o.pass(gatherFor)
	o.tell()
	if n := len(o.fake.Requests()); n != before {
		t.Errorf("%d requests", n-before)
	}
	audit := func() string {
		return o.ask(fakediscord.Interaction{User: someManager, Name: "admin audit", Channel: textID}).Call.Content
	}
	if a := audit(); !strings.Contains(a, "source dead") || !strings.Contains(a, "Ministry of the Sea") {
		t.Error(a)
	}
	if a := o.ask(fakediscord.Interaction{User: someManager, Name: "source list", Channel: textID}); !strings.Contains(a.Call.Content, "Nobody is told when a source dies") {
		t.Error(a.Call.Content)
	}
	for channel, want := range map[string]string{otherChannel: "cannot see that channel", forumID: "Notices cannot be posted in a channel of that kind"} {
		a := o.ask(fakediscord.Interaction{User: someManager, Name: "admin settings", Channel: textID, Options: map[string]any{"notices": channel}, Forged: true})
		if !strings.Contains(a.Call.Content, want) {
			t.Error(a.Call.Content)
		}
	}
	a := o.ask(fakediscord.Interaction{User: someManager, Name: "admin settings", Channel: textID, Options: map[string]any{"notices": noPostID}})
	if !strings.Contains(a.Call.Content, "<#"+noPostID+">") {
		t.Fatal(a.Call.Content)
	}
	o.pass(25 * time.Hour)
	o.tell()
	o.wantTold(noPostID, 0, "it was told in the audit")
	o.ail(o.sources["gazette"], "gone")
	o.tell()
	o.pass(gatherFor)
	o.tell()
	o.tell()
	if a := audit(); strings.Count(a, "notice refused") != 1 || !strings.Contains(a, "I may not write in the channel") {
		t.Error(a)
	}
	// The guild is forgotten, and with it all of this.
	o.write(func(ctx context.Context, q *store.Q) error { return q.ForgetGuild(ctx, guildID) })
	o.pass(25 * time.Hour)
	o.tell()
}

// A notice in both languages: what died, why and what to do, and what is back.
func TestNoticeWords(t *testing.T) {
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string, s store.Source) store.Ailing {
		return store.Ailing{Subscription: store.Subscription{Name: name, Source: s}}
	}
	told := deaths{
		dead: []store.Ailing{named("Gazette", store.Source{Status: "gone"}), named("*Tides*", store.Source{Failures: 9, Error: "The server did not answer in time. Try again later."})},
		back: []store.Ailing{named("Harbour Times", store.Source{})},
	}
	for lang, want := range map[string]string{
		"en": `**2 sources of this server are dead**
• **Gazette**
-# gone: the site says that the feed is no more. Remove it, or add its new address.
• **\*Tides\***
-# failed 9 times in a row: The server did not answer in time. Try again later.
**1 source is read again**
• **Harbour Times**
-# /source list shows all. Take away what is gone with /source remove, or read its new address with /source add. What fails is tried on once a day, and you are told when it is back.
-# ref ABC`,
		"de": `**2 Quellen dieses Servers sind verstummt**
• **Gazette**
-# ` + texts["de"].text("state.gone") + `
• **\*Tides\***
-# ` + texts["de"].count("state.failed", 9, "why", texts["de"].problem("timeout", "")) + `
**1 Quelle wird wieder gelesen**
• **Harbour Times**
-# /source list zeigt alle. Entferne mit /source remove, was es nicht mehr gibt, oder lies die neue Adresse mit /source add. Was scheitert, wird einmal am Tag weiter versucht; ihr erfahrt, wenn es wieder da ist.
-# Nr. ABC`,
	} {
		if got := noticeOf(texts[lang], told, "ABC"); got != want {
			t.Errorf("%s:\n%s", lang, got)
		}
	}
}
