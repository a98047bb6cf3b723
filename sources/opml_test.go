package sources

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseOPML(t *testing.T) {
	for _, c := range []struct {
		name, file string
		want       []Outline
		warned     bool
	}{
		{"plain", `<?xml version="1.0"?><opml version="2.0"><head><title>x</title></head><body>
			<outline text="A" title="A!" type="rss" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"/></body></opml>`,
			[]Outline{{URL: "https://a.example/feed", Title: "A!", Site: "https://a.example/"}}, false},
		{"folders in folders, no type, odd case", `<OPML><body><outline text="Europe"><outline title="Ministries">
			<outline TEXT="A" XMLURL="https://a.example/feed"></outline></outline><outline text="B" xmlurl="https://b.example/feed"/></outline>
			<outline text="C" xmlUrl="https://c.example/feed"/></body></OPML>`,
			[]Outline{{URL: "https://a.example/feed", Title: "A", Topics: []string{"Europe", "Ministries"}}, {URL: "https://b.example/feed", Title: "B", Topics: []string{"Europe"}}, {URL: "https://c.example/feed", Title: "C"}}, false},
		{"categories", `<opml><body><outline text="A" xmlUrl="https://a.example/feed" category="/Politics/UN,Peace, Peace "/></body></opml>`,
			[]Outline{{URL: "https://a.example/feed", Title: "A", Topics: []string{"Politics", "UN", "Peace"}}}, false},
		{"entities and bare ampersands", `<opml><body><outline text="Caf&eacute; &amp; T&#233;a" xmlUrl="https://a.example/feed?a=1&b=2"/></body></opml>`,
			[]Outline{{URL: "https://a.example/feed?a=1&b=2", Title: "Café & Téa"}}, false},
		{"another charset", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><opml><body><outline text=\"Caf\xe9\" xmlUrl=\"https://a.example/feed\"/></body></opml>",
			[]Outline{{URL: "https://a.example/feed", Title: "Café"}}, false},
		{"twice", `<opml><body><outline text="X"><outline text="A" xmlUrl="https://a.example/feed"/></outline><outline text="Y"><outline text="A" xmlUrl="https://a.example/feed"/></outline></body></opml>`,
			[]Outline{{URL: "https://a.example/feed", Title: "A", Topics: []string{"X", "Y"}}}, false},
		{"cut off", `<opml><body><outline text="A" xmlUrl="https://a.example/feed"/><outline text="B" xmlU`,
			[]Outline{{URL: "https://a.example/feed", Title: "A"}}, true},
		{"an entity bomb", `<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body><outline text="&b;&x;" xmlUrl="https://a.example/feed"/></body></opml>`,
			[]Outline{{URL: "https://a.example/feed", Title: "&b;&x;"}}, false},
	} {
		list, warnings, err := ParseOPML([]byte(c.file))
		if err != nil || !reflect.DeepEqual(list, c.want) || len(warnings) > 0 != c.warned {
			t.Errorf("%s: %+v, %q, %v", c.name, list, warnings, err)
		}
	}
	for _, file := range []string{"", "no list", "<opml><body><outline text='folder'/></body></opml>", "<rss><channel/></rss>"} {
		if list, _, err := ParseOPML([]byte(file)); !errors.Is(err, ErrNoOPML) {
			t.Errorf("%q: %v, %v", file, list, err)
		}
	}
}

// A feed below very many folders costs no more than another, nor do very many feeds: this would take hours.
func TestParseOPMLDeep(t *testing.T) {
	var b strings.Builder
	b.WriteString("<opml><body>")
	for i := range 50000 {
		fmt.Fprintf(&b, `<outline text="folder %d">`, i)
	}
	for i := range OutlinesMost + 10 {
		fmt.Fprintf(&b, `<outline text="f" xmlUrl="https://a.example/%d"/>`, i)
	}
	list, warnings, err := ParseOPML([]byte(b.String()))
	if err != nil || len(list) != OutlinesMost || len(list[0].Topics) != maxTopics || len(warnings) != 1 {
		t.Errorf("%d feeds, %q, %v", len(list), warnings, err)
	}
}

// What is written is read again as it was.
func TestOPMLRoundTrip(t *testing.T) {
	list := []Outline{
		{URL: "https://a.example/feed?a=1&b=\"2\"", Title: "A & <B>", Site: "https://a.example/", Lang: "en", Topics: []string{"Peace", "Black Sea"}, Tier: "official", Country: "UN"},
		{URL: "https://b.example/фид", Title: "Б", Tier: "state"},
	}
	var b strings.Builder
	if err := WriteOPML(&b, "Sources of a server", list); err != nil {
		t.Fatal(err)
	}
	got, warnings, err := ParseOPML([]byte(b.String()))
	if err != nil || len(warnings) > 0 || !reflect.DeepEqual(got, list) {
		t.Errorf("%+v, %q, %v\n%s", got, warnings, err, b.String())
	}
}

// TestPackedAt: what the pack says of a host, which is one thing.
func TestPackedAt(t *testing.T) {
	of := map[string]Packed{}
	for _, p := range Pack(PackFilter{All: true}) {
		at, ok := PackedAt(p.URL)
		if !ok || at.Country != p.Country || at.Tier != p.Tier {
			t.Errorf("at %s is %+v, want %s, %s", p.URL, at, p.Country, p.Tier)
		}
		of[at.URL] = at
	}
	if len(of) < 50 {
		t.Errorf("%d hosts", len(of))
	}
	if p, ok := PackedAt("https://AUSWAERTIGES-AMT.de/de/newsroom/1"); !ok || p.Country != "DE" || p.Tier != "official" {
		t.Errorf("the German foreign office is %+v", p)
	}
	for _, raw := range []string{"", "readout.txt", "-", "https://outlet.example/1", "https://auswaertiges-amt.de.example/1", "https://%"} {
		if p, ok := PackedAt(raw); ok {
			t.Errorf("%q is %+v", raw, p)
		}
	}
}

// The bundled pack is whole: every source has what a subscription needs, none is listed twice, and none is of a dead one.
func TestPack(t *testing.T) {
	all := Pack(PackFilter{All: true})
	if len(all) < 60 || len(Pack(PackFilter{})) >= len(all) {
		t.Fatalf("%d sources, %d of them shown", len(all), len(Pack(PackFilter{})))
	}
	seen := map[string]bool{}
	for _, p := range all {
		key, err := Key(p.URL)
		if err != nil || seen[key] || p.Name == "" || p.Lang == "" || p.Region == "" || !strings.Contains("official press research state", p.Tier) || !strings.Contains("ABC", p.Grade) || Private(p.URL) {
			t.Errorf("%+v: %v", p, err)
		}
		seen[key] = true
	}
	for _, p := range Pack(PackFilter{Regions: []string{"europe"}, Tiers: []string{"official"}}) {
		if p.Region != "Europe" || p.Tier != "official" || p.Grade == "C" {
			t.Errorf("not asked for: %+v", p)
		}
	}
	if got := PackValues(func(p Packed) string { return p.Tier }); strings.Join(got, " ") != "official press research state" {
		t.Errorf("tiers %v", got)
	}
}

// What is read of any file can be written, and is read again as it was, but that a topic holds neither comma nor slash.
func FuzzOPML(f *testing.F) {
	f.Add([]byte(`<opml><body><outline text="A"><outline xmlUrl="https://a.example/feed"/></outline></body></opml>`))
	f.Add([]byte("<!DOCTYPE x [<!ENTITY a 'b'>]><opml><outline xmlUrl='&a;'"))
	f.Add([]byte(`<opml xmlns:attache="` + opmlSpace + `"><outline text="Peace, war/and"><outline title="A &lt;b&gt;" xmlUrl=" https://a.example/?a=1&b " htmlUrl="https://a.example/" language="ру" category="/x/y,Z" attache:tier="state" attache:country="UN"/></outline></opml>`))
	f.Add([]byte("<opml><outline text='e\u0301' xmlUrl='https://a.example/e\u0301\u200b'/><outline xmlUrl='\u200b'/><outline xmlUrl='&#10;x&#9;'/></opml>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		defer within(len(file))()
		list, _, err := ParseOPML(file)
		if err != nil {
			return
		}
		if len(list) == 0 || len(list) > OutlinesMost {
			t.Fatalf("%d sources", len(list))
		}
		var b strings.Builder
		if err := WriteOPML(&b, "x", list); err != nil {
			t.Fatal(err)
		}
		got, warnings, err := ParseOPML([]byte(b.String()))
		for i, o := range list {
			checkTexts(t, "address", true, o.URL, o.Site)
			checkTexts(t, "of an outline", true, o.Title, o.Lang, o.Tier, o.Country, strings.Join(o.Topics, " "))
			if o.URL == "" || len(o.Topics) > maxTopics {
				t.Errorf("%+v", o)
			}
			topics := categories(o.Topics)
			for j := range topics {
				topics[j] = oneLineText(topics[j])
			}
			list[i].Topics = topicsOf(topics)
		}
		if err != nil || len(warnings) > 0 || !reflect.DeepEqual(got, list) {
			t.Errorf("what was written is read as something else: %v, %q\n%+v\n%+v\n%s", err, warnings, got, list, b.String())
		}
	})
}
