package digest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
)

// The statements of two governments about one cable, invented; the countries are not.
const finnish = "Die Außenminister Finnlands und Estlands haben am Montag in Turku ein Gespräch über das beschädigte Kabel geführt. " +
	"Beide Länder werden künftig gemeinsam Patrouillen entlang des Kabels fahren."
const estonian = "Außenministerin Mari Tamm hat am Montag in Turku über das beschädigte Kabel gesprochen. " +
	"Eine Einigung über gemeinsame Patrouillen entlang des Kabels gibt es bislang nicht."

// told lists what readers are told beside the words of a story's bullets.
func told(st Story) (out []string) {
	for _, b := range st.Bullets {
		s := b.Side
		for _, w := range b.When {
			s += " " + w.Span.Of(b.Text) + "=" + w.Day
		}
		for _, n := range b.Who {
			s += " " + n.Span.Of(b.Text) + "=" + n.Name
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// What an official source states is its government's, as each guild has named the source, whatever engine wrote the brief; and
// words such as "Montag" bring their day along. A model is asked once for both guilds.
func TestSidesAreTheGuilds(t *testing.T) {
	for name, engine := range map[string]summarize.Engine{"extractive": summarize.Extractive{}, "model": renamed{summarize.Extractive{}, "model"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			asked := &counting{Engine: engine}
			if w.engine = asked; name == "extractive" {
				w.engine = engine
			}
			w.restart()
			fi, ee := w.subscribe("guild", "Turku", store.Official, "FI"), w.subscribe("guild", "Tallinn", store.Official, "EE")
			w.subscribe("other", "Turku", store.Press, "FI")
			w.subscribe("other", "Tallinn", store.Official, "EE")
			w.subscribe("bodies", "Turku", store.Official, "NATO")
			w.subscribe("bodies", "Tallinn", store.Official, "EE")
			w.publish(piece{source: fi, story: 1, ago: time.Hour, lang: "de", title: "Gespräch der Außenminister in Turku", text: finnish})
			w.publish(piece{source: ee, story: 1, ago: 2 * time.Hour, lang: "de", title: "Gespräch über das beschädigte Kabel", text: estonian})
			for _, c := range []struct{ guild, want string }{
				{"guild", "[EE EE Montag=2026-02-23 FI Montag=2026-02-23]"},
				{"other", "[  Montag=2026-02-23]"}, {"bodies", "[  Montag=2026-02-23]"},
				{"guild", "[EE EE Montag=2026-02-23 FI Montag=2026-02-23]"},
			} {
				d, cs := w.compose(w.schedule(store.Schedule{Guild: c.guild, Lang: "de", Target: store.Target{Channel: c.guild}}))
				if len(d.Stories) != 1 {
					t.Fatalf("%+v", cs)
				}
				got := told(d.Stories[0])
				if c.guild != "guild" {
					got = slices.Compact(got)
				}
				if fmt.Sprint(got) != c.want {
					t.Errorf("%s: %q, want %s\n%+v", c.guild, got, c.want, d.Stories[0].Bullets)
				}
			}
			if n := asked.n.Load(); name == "model" && n != 1 {
				t.Errorf("the model was asked %d times", n)
			}
		})
	}
}

// translating is an engine whose brief has a quote with its original, and somebody named.
type translating struct {
	summarize.Extractive
	original string
}

func (translating) Name() string { return "model" }

func (e translating) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	b, err := e.Extractive.Brief(ctx, r)
	var o *summarize.Original
	for _, d := range r.Docs {
		if at := strings.Index(d.Text, e.original); at >= 0 {
			o = &summarize.Original{Article: d.Article, Revision: d.Revision, Lang: d.Lang, Spans: []text.Span{{Start: at, End: at + len(e.original)}}, Words: []string{e.original}, Kind: quote.Post}
		}
	}
	for i := range b.Quotes {
		b.Quotes[i].Original = o
	}
	return b, err
}

// The original of a quote is linked to the article that has it, and goes with that article when it is withdrawn; the quote stays.
func TestOriginalIsWithdrawn(t *testing.T) {
	const original = "Nous attendons la patience de tous les ports"
	w := newWorld(t)
	w.engine = translating{original: original}
	w.restart()
	harbour, posts := w.subscribe("guild", "Harbour", store.Press, "FR"), w.subscribe("guild", "Posts", store.Press, "FR")
	w.publish(piece{source: harbour, story: 1, ago: time.Hour, text: somebody + ", the minister, spoke of the harbour on Monday. “We expect patience of every harbour,” she said of the ports."})
	gone := w.publish(piece{source: posts, story: 1, ago: 2 * time.Hour, lang: "fr", text: original + " a écrit la ministre du port sur son compte ce lundi."})
	d, cs := w.compose(w.schedule(store.Schedule{}))
	if len(d.Stories) != 1 || len(d.Stories[0].Quotes) != 1 || d.Stories[0].Quotes[0].Original == nil {
		t.Fatalf("%+v of %+v", d.Stories, cs)
	}
	st := d.Stories[0]
	o := st.Quotes[0].Original
	if src := st.Sources[o.Ref.Source-1]; src.Article != gone || !o.Post || o.Lang != "fr" || !slices.Equal(o.Words, []string{original}) ||
		!strings.HasPrefix(o.Ref.URL, src.URL+"#:~:text=Nous%20attendons") {
		t.Errorf("original %+v of %+v", o, src)
	}
	left := without(st, []int64{gone})
	if len(left.Quotes) != 1 || left.Quotes[0].Original != nil || strings.Contains(fmt.Sprintf("%+v", left), "attendons") {
		t.Errorf("%+v", left)
	}
	if st.Quotes[0].Original == nil {
		t.Error("the story that was posted was changed")
	}
	if again := without(st, []int64{999}); again.Quotes[0].Original == nil {
		t.Error("the original went with another article")
	}
}

// A digest that an older version stored is written as it was: what came since is left out where there is none.
func TestOldDigestsStay(t *testing.T) {
	const old = `{"id":1,"headline":"h","url":"u","bullets":[{"id":"b","text":"t","refs":[{"source":1,"url":"u","short":"u"}]}],` +
		`"quotes":[{"id":"q","words":["w"],"translated":true,"ref":{"source":1,"url":"u","short":"u"}}],"sources":null,"outlets":1,"engine":"e","articles":[1]}`
	var st Story
	if err := json.Unmarshal([]byte(old), &st); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(st); err != nil || string(again) != old {
		t.Errorf("%s, %v", again, err)
	}
}
