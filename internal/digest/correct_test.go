package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
	"attache/sources"
)

// revise stores the n-th article that was published, of a source, anew. One article of a world alone is revised.
func (w *world) revise(source int64, n int, title, text string, teaser bool) {
	w.t.Helper()
	w.write(func(q *store.Q) error {
		ctx := context.Background()
		id, changed, err := q.SaveArticle(ctx, store.Article{Source: source, Key: fmt.Sprint("key ", n), Title: title, Text: text, Teaser: teaser,
			URL: fmt.Sprintf("https://site%d.example/%d", source, n), Published: w.clock.now(), Seen: w.clock.now()})
		if err != nil || !changed {
			return fmt.Errorf("article %d: changed %v, %w", id, changed, err)
		}
		w.revised++
		return q.SaveIngested(ctx, store.Article{ID: id, Revision: 1 + w.revised, Lang: "en", Story: 1, Ingested: true}, nil, nil)
	})
}

// correct looks for changed articles and makes the edits that follow.
func (w *world) correct(f *editing) []string {
	w.t.Helper()
	before := len(f.edits)
	if err := w.s.correct(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	for _, e := range must[[]store.Edit](w.t)(w.db.Read().OpenEdits(context.Background())) {
		if err := w.s.edit(context.Background(), e.Part); err != nil {
			w.t.Fatal(err)
		}
	}
	return f.edits[before:]
}

const (
	shownTitle = "Ministers meet in Porto"
	shownText  = "Ministers of Portugal and Spain met in Porto on Thursday. They agreed on 12 projects for the river Minho. " +
		"“We will build every bridge that we promised,” said Ana Reis-Lobo, minister for transport."
)

// reported is a world in which a digest of one story of one article is posted.
func reported(t *testing.T) (w *world, f *editing, delivery, source int64) {
	w = newWorld(t)
	f = &editing{fakeDiscord: w.discord}
	w.s = New(quiet(), w.db, nil, f, w.o)
	source = w.subscribe("guild", "Harbour Times", store.Press, "PT")
	w.publish(piece{source: source, story: 1, title: shownTitle, text: shownText})
	s := w.schedule(store.Schedule{})
	w.clock.add(20 * time.Hour)
	w.plan()
	w.settle()
	d := must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), s.ID, 1))[0]
	st := w.digest(d.ID).Stories[0]
	if d.Status != store.Sent || len(st.Bullets) < 2 || len(st.Quotes) != 1 {
		t.Fatalf("%s, story %+v", d.Status, st)
	}
	return w, f, d.ID, source
}

// What a digest shows after its outlet changed the article, and that it is changed where that is something else, and once.
func TestCorrect(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(shownText, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(shownText, old, new, 1)
	}
	for _, c := range []struct {
		name, title, text string
		teaser            bool
		edits             int
		gone, there       []string // words of the message
	}{
		{name: "a figure", title: shownTitle, text: replace("12 projects", "21 projects"), edits: 1,
			gone: []string{"12 projects"}, there: []string{"21 projects", "every bridge", shownTitle}},
		{name: "the quotation", title: shownTitle, text: replace("every bridge that", "each bridge which"), edits: 1,
			gone: []string{"every bridge"}, there: []string{"12 projects"}},
		{name: "a sentence left out", title: shownTitle, text: replace("They agreed on 12 projects for the river Minho. ", ""), edits: 1,
			gone: []string{"12 projects"}, there: []string{shownTitle, "every bridge"}},
		{name: "all of it", title: shownTitle, text: "The meeting did not take place, the ministry says. An earlier report was wrong.", edits: 1,
			gone: []string{"12 projects", "met in Porto", "every bridge"}, there: []string{shownTitle}},
		{name: "the title", title: "Ministers fail to meet", text: shownText, edits: 1, gone: []string{shownTitle}, there: []string{"Ministers fail to meet", "12 projects"}},
		{name: "a sentence more", title: shownTitle, text: shownText + " The talks go on."},
		{name: "other lines", title: shownTitle, text: replace(" They agreed", "\nThey agreed")},
		{name: "a teaser comes", title: shownTitle + ".", text: "Read all about Porto here.", teaser: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, f, id, source := reported(t)
			before := w.delivery(id)
			w.revise(source, 1, c.title, c.text, c.teaser)
			if got := w.correct(f); len(got) != 0 {
				t.Fatalf("followed at once: %q", got)
			}
			w.clock.add(settled)
			got := w.correct(f)
			if len(got) != c.edits {
				t.Fatalf("edits %q, want %d", got, c.edits)
			}
			d := w.digest(id)
			if c.edits == 0 {
				if !d.Corrected.IsZero() || w.delivery(id).Status != before.Status || len(d.Stories[0].Changed) != 0 {
					t.Errorf("digest %+v", d)
				}
			} else if !d.Corrected.Equal(w.clock.now()) || !slices.Equal(d.Stories[0].Changed, []int{1}) {
				t.Errorf("corrected %v, changed %v", d.Corrected, d.Stories[0].Changed)
			}
			for _, words := range c.gone {
				if strings.Contains(got[0], words) {
					t.Errorf("%q stands in %s", words, got[0])
				}
			}
			for _, words := range c.there {
				if !strings.Contains(got[0], words) {
					t.Errorf("%q does not stand in %s", words, got[0])
				}
			}
			if left := must[[]int64](t)(w.db.Read().Outdated(t.Context(), time.Unix(0, 0), w.clock.now(), 0, 10)); len(left) != 0 {
				t.Errorf("to be looked at again: %v", left)
			}
			w.clock.add(time.Hour)
			if again := w.correct(f); len(again) != 0 {
				t.Errorf("again: %q", again)
			}
		})
	}
}

// Several revisions within minutes make one edit, of the last.
func TestCorrectSettles(t *testing.T) {
	w, f, _, source := reported(t)
	for n := range 4 {
		w.revise(source, 1, shownTitle, strings.Replace(shownText, "12 projects", fmt.Sprintf("%d projects", 20+n), 1), false)
		w.clock.add(settled / 2)
		if n < 3 {
			if got := w.correct(f); len(got) != 0 {
				t.Fatalf("revision %d: %q", n, got)
			}
		}
	}
	w.clock.add(settled)
	if got := w.correct(f); len(got) != 1 || !strings.Contains(got[0], "23 projects") {
		t.Errorf("edits %q", got)
	}
}

// A digest of four days ago is left as it is, and what it shows is forgotten.
func TestCorrectOld(t *testing.T) {
	w, f, id, source := reported(t)
	w.clock.add(correctFor + 24*time.Hour)
	w.plan() // a newer delivery
	w.revise(source, 1, shownTitle, "Nothing of it.", false)
	w.clock.add(settled)
	known := func() []int64 {
		return must[[]int64](t)(w.db.Read().Outdated(t.Context(), time.Unix(0, 0), w.clock.now(), 0, 10))
	}
	if got := known(); !slices.Equal(got, []int64{id}) {
		t.Fatalf("outdated %v", got)
	}
	if got := w.correct(f); len(got) != 0 {
		t.Errorf("edits %q", got)
	}
	if got := known(); len(got) != 0 {
		t.Errorf("still known: %v", got)
	}
}

// An article that its outlet withdraws is taken out, and briefed no more.
func TestCorrectWithdrawn(t *testing.T) {
	w, f, id, articles := posted(t)
	source := must[store.Listed](t)(w.db.Read().Guild("guild").Article(t.Context(), articles[2])).Source
	w.write(func(q *store.Q) error {
		if changed, err := q.SaveCheck(context.Background(), source, "key 3", w.clock.now(), sources.PageGone); err != nil || !changed {
			return fmt.Errorf("changed %v, %w", changed, err)
		}
		return q.SaveIngested(context.Background(), store.Article{ID: articles[2], Revision: 2, Lang: "en", Story: 2, Ingested: true}, nil, nil)
	})
	w.clock.add(settled)
	if got := w.correct(f); len(got) != 1 || strings.Contains(got[0], "bridge") {
		t.Fatalf("edits %q", got)
	}
	for _, st := range w.digest(id).Stories {
		if st.Withdrawn != (st.ID == 2) || len(st.Changed) != 0 {
			t.Errorf("story %+v", st)
		}
	}
	if _, err := w.s.Article(t.Context(), "guild", articles[2], "en"); !errors.Is(err, ErrNoBrief) {
		t.Errorf("a withdrawn article is briefed: %v", err)
	}
}

// An article that changes while its digest is being posted is followed when that is done.
func TestCorrectWhilePosting(t *testing.T) {
	w, f, id, source := reported(t)
	d := w.delivery(id)
	d.Status = store.Sending
	w.write(func(q *store.Q) error { return q.SaveDelivery(context.Background(), d) })
	w.revise(source, 1, shownTitle, strings.Replace(shownText, "12 projects", "21 projects", 1), false)
	w.clock.add(settled)
	if got := w.correct(f); len(got) != 0 {
		t.Fatalf("edits %q", got)
	}
	d.Status = store.Sent
	w.write(func(q *store.Q) error { return q.SaveDelivery(context.Background(), d) })
	w.clock.add(2 * time.Hour)
	if got := w.correct(f); len(got) != 1 {
		t.Errorf("edits %q", got)
	}
}

// Of a story of two sources only what the changed one proves goes; a line that a model wrote has no other in its place.
func TestCorrectedStory(t *testing.T) {
	w := newWorld(t)
	st := Story{ID: 1, Headline: "Written by a model", Engine: "model",
		Sources: []Source{{Article: 1, Name: "Harbour Times", Title: "A"}, {Article: 2, Name: "Coast Radio", Title: "B"}},
		Bullets: []Bullet{
			{ID: "a", Text: "Twelve projects were agreed.", Refs: []Ref{{Source: 1, Revision: 1, Proof: "They agreed on 12 projects."}}},
			{ID: "b", Text: "Both spoke of fish.", Refs: []Ref{{Source: 2, Revision: 1, Proof: "They spoke of fish."}, {Source: 1, Revision: 1, Proof: "Fish was a topic."}}},
			{ID: "c", Text: "A text is to be signed.", Refs: []Ref{{Source: 2, Revision: 1}}},
			{ID: "d", Text: "Of an older program.", Refs: []Ref{{Source: 1}}},
		},
		Quotes: []Quote{{ID: "q", Words: []string{"never", "again"}, Ref: Ref{Source: 1, Revision: 1}},
			{ID: "t", Words: []string{"We wait."}, Ref: Ref{Source: 2, Revision: 1}, Original: &Original{Words: []string{"Fish was"}, Ref: Ref{Source: 1, Revision: 1}}}}}
	change := func(text string) map[int64]store.Change {
		return map[int64]store.Change{1: {Article: store.Article{ID: 1, Revision: 3, Title: "A", Text: text, Lang: "en", URL: "https://harbour.example/1"}, Comparable: true}}
	}
	ids := func(st Story) (out string) {
		for _, b := range st.Bullets {
			out += b.ID
		}
		for _, q := range st.Quotes {
			out += q.ID
			if q.Original != nil {
				out += "o"
			}
		}
		return out + fmt.Sprint(st.Changed)
	}
	for _, c := range []struct{ text, want string }{
		{"They agreed on 12 projects. Fish was a topic. “Never”, he said, “never again”. Nobody will say again so.", "abcdqto[]"},
		{"They agreed on 21 projects. Fish was a topic. “We will never do it”, he said, “again”.", "bcdqto[1]"},
		{"They agreed on 12 projects. “Never.”", "acdt[1]"},
		{"Withdrawn.", "cdt[1]"},
	} {
		was, _ := json.Marshal(st)
		if got := ids(w.s.corrected(st, change(c.text))); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
		if is, _ := json.Marshal(st); string(is) != string(was) {
			t.Errorf("%q changed the story it was made of", c.text)
		}
	}
	changes := change("Withdrawn.")
	ch := changes[1]
	ch.Comparable = false
	changes[1] = ch
	if got := ids(w.s.corrected(st, changes)); got != "abcdqto[]" {
		t.Errorf("not comparable: %s", got)
	}
}
