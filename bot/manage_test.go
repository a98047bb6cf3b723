package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/store"
	"attache/sources"
)

// asking is a request in a language, over no database.
func asking(t *testing.T, lang string) *request {
	t.Helper()
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	b := &Bot{texts: texts, lang: "en"}
	return &request{desk: &desk{bot: b, services: Services{Now: func() time.Time { return deskNow }}}, in: &interaction{}, guild: guildID, lang: lang, t: texts.in(lang)}
}

func TestSpecOf(t *testing.T) {
	for _, c := range []struct{ lang, was, hours, days, want string }{
		{"en", "", "08:00", "", "08:00"},
		{"en", "", " 8:30 ,18:00  MON-FRI", "", "8:30 ,18:00 mon-fri"},
		{"en", "", "08:00", "mon, wed", "08:00 mon, wed"},
		{"en", "", "08:00", "weekdays", "08:00 mon-fri"},
		{"en", "", "08:00", "Weekend", "08:00 sat,sun"},
		{"de", "", "08:00", "Werktage", "08:00 mon-fri"},
		{"de", "", "08:00", "weekdays", "08:00 mon-fri"},
		{"de", "", "08:00", "mo-fr", "08:00 mon-fri"},
		{"de", "", "08:00", "Mo, Mittwoch, do–so", "08:00 mon, wed, thu-sun"},
		{"de", "", "08:00 di", "", "08:00 tue"},
		{"de", "", "08:00", "mon-sun", "08:00 mon-sun"}, // as it is suggested
		{"en", "07:15,18:00 mon-fri", "", "sat,sun", "07:15,18:00 sat,sun"},
		{"en", "sat 07:15", "09:00", "", "09:00"},
		{"en", "", "0 8 * * mon-fri", "", "0 8 * * mon-fri"},
	} {
		r := asking(t, c.lang)
		got, err := r.specOf(c.was, c.hours, c.days)
		if err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
		if _, err := digest.ParseSpec(got); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []struct{ was, hours, days, key string }{
		{"", "08:00 mon", "tue", "error.days_twice"}, {"", "0 8 * * *", "tue", "error.days_cron"}, {"0 8 * * *", "", "tue", "error.days_cron"},
		{"", "08:00", "someday", "error.when"}, {"", "25:00", "", "error.when"}, {"", "08:00,08:05", "", "error.when"}, {"", "TZ=UTC 08:00", "", "error.when"},
		{"", strings.Repeat("08:00,", 60), "", "error.when"},
	} {
		var s *said
		if _, err := asking(t, "de").specOf(c.was, c.hours, c.days); !errors.As(err, &s) || s.key != c.key {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestCountryOf(t *testing.T) {
	for _, c := range []struct{ lang, in, want string }{
		{"en", "fr", "FR"}, {"en", "UK", "GB"}, {"en", " Germany ", "DE"}, {"de", "Deutschland", "DE"}, {"de", "germany", "DE"}, {"en", "türkiye", "TR"},
		{"en", "UN", "UN"}, {"en", "Vereinte Nationen", "UN"}, {"en", "nato", "NATO"}, {"en", "EU", "EU"}, {"en", "Kosovo", "XK"}, {"en", "", ""}, {"en", "-", ""},
		{"en", "Côte d’Ivoire", "CI"}, {"en", "GE", "GE"}, {"en", "Georgia", "GE"},
	} {
		if got, err := asking(t, c.lang).countryOf(c.in); err != nil || got != c.want {
			t.Errorf("%q in %s is %q, %v; want %q", c.in, c.lang, got, err, c.want)
		}
	}
	for _, in := range []string{"Atlantis", "ZZ", "France and Germany", "??", "France!"} {
		if got, err := asking(t, "en").countryOf(in); err == nil {
			t.Errorf("%q is %q", in, got)
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for in, want := range map[string]string{"de": "de", "German": "de", "Deutsch": "de", "français": "fr", "FR": "fr", "Українська": "uk"} {
		if got, err := asking(t, "en").languageOf(in); err != nil || got != want {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
	if got, err := asking(t, "en").languageOf("tlh"); err == nil {
		t.Errorf("it is %q", got)
	}
}

func TestRolesOf(t *testing.T) {
	r := asking(t, "en")
	got, err := r.rolesOf("<@&55> <@&56>,<@&55> 57")
	if err != nil || !slices.Equal(got, []string{"55", "56", "57"}) {
		t.Error(got, err)
	}
	if got, err := r.rolesOf("-"); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	for _, s := range []string{"@everyone", "<@&" + guildID + ">", "<@7001>", "press", "1 2 3 4 5 6 7 8 9 10 11"} {
		if got, err := r.rolesOf(s); err == nil {
			t.Errorf("%q is %q", s, got)
		}
	}
}

// A forum's tags are found by their names; where it asks for one, there must be one.
func TestTagged(t *testing.T) {
	seen := channelSeen{ID: forumID, Type: forumChannel, Guild: guildID, Flags: tagRequiredFlag}
	for _, n := range []string{"Sea", "Trade"} {
		seen.Tags = append(seen.Tags, struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}{"9" + strconv.Itoa(len(n)), n})
	}
	r := asking(t, "en")
	to := store.Target{Channel: forumID, Forum: true}
	with := func(tags string) *request {
		r.options = map[string]option{"tags": {Name: "tags", Type: optionText, Value: []byte(strconv.Quote(tags))}}
		return r
	}
	if got, err := with("trade, sea").tagged(to, seen); err != nil || !slices.Equal(got.Tags, []string{"95", "93"}) {
		t.Error(got, err)
	}
	var s *said
	if _, err := with("war").tagged(to, seen); !errors.As(err, &s) || s.key != "error.tag" {
		t.Error(err)
	}
	r.options = nil
	if _, err := r.tagged(to, seen); !errors.As(err, &s) || s.key != "error.tag_required" {
		t.Error(err)
	}
	seen.Flags = 0
	if got, err := r.tagged(to, seen); err != nil || len(got.Tags) != 0 || !got.Forum {
		t.Error(got, err)
	}
}

// The zone that is suggested: the server's schedules, its locale, the person's; a server is en-US until somebody says otherwise.
func TestGuessZone(t *testing.T) {
	for _, c := range []struct{ guild, user, want string }{
		{"de", "fr", "Europe/Berlin"}, {"en-US", "fr", "Europe/Paris"}, {"en-US", "en-US", "America/New_York"}, {"en-US", "xx", "UTC"}, {"", "", "UTC"},
	} {
		r := asking(t, "en")
		r.in.GuildLocale, r.in.Locale = c.guild, c.user
		if got := r.guessZone(nil); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
		if got := r.guessZone([]store.Schedule{{Zone: "Asia/Tokyo"}}); got != "Asia/Tokyo" {
			t.Errorf("%s beside a schedule in Tokyo", got)
		}
	}
	for locale, zone := range localeZones() {
		if _, err := digest.ParseZone(zone); err != nil {
			t.Errorf("%s: %v", locale, err)
		}
	}
}

// data/hosts.txt says of each host what the program takes.
func TestKnownHosts(t *testing.T) {
	hosts := knownHosts()
	if len(hosts) < 50 {
		t.Errorf("%d hosts", len(hosts))
	}
	r := asking(t, "en")
	for h, k := range hosts {
		if code, err := r.countryOf(k.country); !isTier(string(k.tier)) || err != nil || code != k.country || strings.HasPrefix(h, "www.") {
			t.Errorf("%s: %+v, %q, %v", h, k, code, err)
		}
	}
}

// What the list knows is suggested and said, and never stands against what a manager said.
func TestSuggest(t *testing.T) {
	r := asking(t, "en")
	for _, c := range []struct {
		url  string
		said foundSource
		want foundSource
	}{
		{"https://www.gov.uk/feed", foundSource{}, foundSource{Tier: store.Official, Country: "GB", Known: true}},
		{"https://www.gov.uk/feed", foundSource{Country: "FR"}, foundSource{Tier: store.Official, Country: "FR", Known: true}},
		{"https://www.gov.uk/feed", foundSource{Tier: store.Press}, foundSource{Tier: store.Press}},
		{"https://gov.uk.harbour.example/feed", foundSource{}, foundSource{}},
	} {
		got := c.said
		got.suggest(c.url)
		if got.Tier != c.want.Tier || got.Country != c.want.Country || got.Known != c.want.Known {
			t.Errorf("%+v: %+v", c, got)
		}
		got.Source.URL = c.url
		if text := r.offer("x", &got).pages[0].Content; strings.Contains(text, "from my list") != got.Known {
			t.Error(text)
		}
	}
}

// What is said of a source is kept within Discord's limits, whatever its feed says: what is asked is never lost.
func TestOfferFits(t *testing.T) {
	long := strings.Repeat("*_~`<", 400)
	r := asking(t, "en")
	f := sources.Found{URL: "https://harbour.example/feed", Title: long, Kind: "rss", Lang: long, Entries: 3, Warnings: []string{long, long, long, long}}
	for range 3 {
		f.Newest = append(f.Newest, sources.Item{Title: long, Link: "https://harbour.example/" + strings.Repeat("x", 200), Published: deskNow, Summary: "<p>" + long + "</p>"})
	}
	s := &foundSource{Source: store.Source{URL: f.URL}, Name: long[:nameLength], Known: true, Topics: listed(strings.Repeat("t*_*_*_*_*_*_*_*_*_*_*_,", 10)), Found: r.understood(f), Sample: r.sample(t.Context(), f)}
	rep := r.offer("0123456789abcdef01", s)
	if _, err := rep.pages[0].message(rep.rows, false); err != nil {
		t.Error(err)
	}
	if c := rep.pages[0].Content; !strings.Contains(c, r.t.text("source.choose_tier")) || units(c) > contentLimit {
		t.Errorf("%d characters: %s", units(c), c)
	}
}

// A URL that carries a secret is read for its own server alone, and stands in no message, log or audit row.
func TestSecretManagers(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	const secret = "q7Zt4mXw9LkB2vRs"
	url := o.web.URL + "/office/latest?token=" + secret
	if !sources.Private(url) {
		t.Fatal("the address is not private")
	}
	answers := []asked{o.ask(fakediscord.Interaction{User: someManager, Name: "source add", Options: map[string]any{"url": url, "tier": "press"}, Channel: textID})}
	answers = append(answers, o.press(answers[0], "Begin reading"))
	if !strings.Contains(answers[1].Call.Content, "Reading **Harbour office**") {
		t.Fatal(answers[1].Call.Content)
	}
	for _, name := range []string{"source list", "admin audit"} {
		answers = append(answers, o.ask(fakediscord.Interaction{User: someManager, Name: name, Channel: textID}))
	}
	remove := o.ask(fakediscord.Interaction{User: someManager, Name: "source remove", Options: map[string]any{"source": "Harbour office"}, Channel: textID})
	if !strings.Contains(remove.Call.Content, "deleted too") {
		t.Error(remove.Call.Content)
	}
	for _, a := range append(answers, remove) {
		if strings.Contains(string(a.Body), secret) {
			t.Errorf("%s tells the secret: %s", a.Exchange, a.Body)
		}
	}
	if strings.Contains(o.log.String(), secret) {
		t.Errorf("the log tells the secret: %s", o.log)
	}
	srcs, err := o.db.Read().Sources(t.Context())
	if err != nil || !slices.ContainsFunc(srcs, func(s store.Source) bool { return s.URL == url && s.Private && s.Owner == guildID }) {
		t.Errorf("%v: %+v", err, srcs)
	}
	o.press(remove, "Remove")
	if srcs, err = o.db.Read().Sources(t.Context()); err != nil || slices.ContainsFunc(srcs, func(s store.Source) bool { return s.Private }) {
		t.Errorf("%v: it is still there", err)
	}
}

// Discord may be away while a channel is looked up: the schedule is made, and the first post tells.
func TestTargetWithoutDiscord(t *testing.T) {
	d, w, _ := newDesk(t, nil)
	w.fail = func(path string) error {
		if strings.HasPrefix(path, "/channels/") {
			return errors.New("connection refused")
		}
		return nil
	}
	channelOf := func(id string, kind int, permissions string) (store.Target, error) {
		in := &interaction{Guild: "1", Channel: "2", Permissions: permissions, ChannelObject: &channel{ID: "2", Type: 0}, Member: &member{User: &user{ID: "7"}}}
		in.Data.Resolved.Channels = map[string]channel{"5": {ID: "5", Type: kind}}
		return d.request(in).targetOf(context.WithoutCancel(t.Context()), id)
	}
	if to, err := channelOf("5", forumChannel, "0"); err != nil || !to.Forum || to.Channel != "5" {
		t.Error(to, err)
	}
	if to, err := channelOf("2", 0, strconv.Itoa(maySend|mayEmbed)); err != nil || to.Forum {
		t.Error(to, err)
	}
	var s *said
	for _, c := range []struct {
		id   string
		kind int
		key  string
	}{{"5", 2, "error.channel_kind"}, {"2", 0, "error.channel_closed"}, {"6", 0, "error.channel_unseen"}} {
		if _, err := channelOf(c.id, c.kind, strconv.Itoa(maySend)); !errors.As(err, &s) || s.key != c.key {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Nobody's change is undone by a change of something else that began before it.
func TestEditKeepsOthers(t *testing.T) {
	t.Parallel()
	o, own, _ := managersOffice(t)
	s, err := o.db.Read().Schedule(t.Context(), own)
	if err != nil {
		t.Fatal(err)
	}
	o.ask(fakediscord.Interaction{User: someManager, Name: "schedule edit", Options: map[string]any{"schedule": "Morning", "stories": 4}, Channel: textID})
	o.ask(fakediscord.Interaction{User: secondManager, Name: "schedule edit", Options: map[string]any{"schedule": "Morning", "topics": "sea"}, Channel: textID})
	now, err := o.db.Read().Schedule(t.Context(), own)
	if err != nil || now.Stories != 4 || !slices.Equal(now.Filter.Topics.Include, []string{"sea"}) || now.Slot != s.Slot || now.Created != s.Created || !now.From.Equal(s.From) {
		t.Errorf("%+v after %+v: %v", now, s, err)
	}
	// What is due when something else is changed stays due; another hour begins with the change.
	o.ask(fakediscord.Interaction{User: someManager, Name: "schedule edit", Options: map[string]any{"schedule": "Morning", "when": "09:00"}, Channel: textID})
	if now, err = o.db.Read().Schedule(t.Context(), own); err != nil || !now.From.After(s.From) {
		t.Errorf("%+v after another hour: %v", now, err)
	}
}

// The limits of a server are kept at the command and again when the button is pressed.
func TestManyManagers(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	found := o.ask(fakediscord.Interaction{User: someManager, Name: "source add", Options: map[string]any{"url": o.web.URL + "/site", "tier": "press"}, Channel: textID})
	zone := o.ask(fakediscord.Interaction{User: someManager, Name: "schedule add", Options: map[string]any{"when": "06:00"}, Channel: textID})
	o.write(func(ctx context.Context, q *store.Q) error {
		for i := range sourcesMost {
			if _, err := q.Subscribe(ctx, store.Source{URL: "https://many.example/" + strconv.Itoa(i)}, store.Subscription{Guild: guildID, Name: "many " + strconv.Itoa(i)}); err != nil {
				return err
			}
		}
		for range schedulesMost {
			if _, err := q.SaveSchedule(ctx, store.Schedule{Guild: guildID, Spec: "08:00", Zone: "UTC", Target: store.Target{Channel: textID}}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, a := range []asked{
		o.press(found, "Begin reading"), o.press(zone, "Yes, Europe/Lisbon"),
		o.ask(fakediscord.Interaction{User: someManager, Name: "source add", Options: map[string]any{"url": o.web.URL + "/site", "tier": "press"}, Channel: textID}),
		o.ask(fakediscord.Interaction{User: someManager, Name: "schedule add", Options: map[string]any{"when": "06:00"}, Channel: textID}),
	} {
		if c := a.Call.Content; !strings.Contains(c, "This server reads 500") && !strings.Contains(c, "This server has 50 schedules") {
			t.Errorf("%s: %s", a.Exchange, c)
		}
	}
	list := o.ask(fakediscord.Interaction{User: someManager, Name: "source list", Channel: textID})
	next := o.press(list, "Next")
	if !strings.Contains(next.Call.Content, "many ") || next.Type != fakediscord.CallbackUpdate {
		t.Errorf("the second page: %s", next.Call.Content)
	}
	c := o.ask(fakediscord.Interaction{User: someManager, Kind: fakediscord.Autocomplete, Name: "source edit", Focused: "source", Options: map[string]any{"source": "many"}, Channel: textID})
	if n := len(c.Choices()); n != 25 {
		t.Errorf("%d suggestions", n)
	}
}
