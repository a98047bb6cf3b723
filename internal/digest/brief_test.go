package digest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

// An engine that fails on some stories.
type faulty struct {
	summarize.Extractive
	how func(r summarize.Request) (summarize.Brief, error)
}

func (faulty) Name() string    { return "model" }
func (faulty) Version() string { return "7" }
func (f faulty) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	if f.how != nil && strings.Contains(r.Docs[0].Title, "BAD") {
		return f.how(r)
	}
	return f.Extractive.Brief(ctx, r)
}

// One brief's failure, panic or lie is written by the extractive engine instead, and spoils no other.
func TestFaultyEngine(t *testing.T) {
	for name, how := range map[string]func(r summarize.Request) (summarize.Brief, error){
		"error": func(summarize.Request) (summarize.Brief, error) { return summarize.Brief{}, errors.New("overloaded") },
		"panic": func(summarize.Request) (summarize.Brief, error) { panic("nil map") },
		"empty": func(summarize.Request) (summarize.Brief, error) { return summarize.Brief{}, nil },
		"a lie": func(r summarize.Request) (summarize.Brief, error) {
			d := r.Docs[0]
			return summarize.Brief{Headline: d.Title, HeadlineFrom: summarize.Evidence{Article: d.Article, Revision: d.Revision}, Bullets: []summarize.Bullet{{
				ID: "x", Text: "Nine thousand zebras resigned.", Evidence: []summarize.Evidence{{Article: d.Article, Revision: d.Revision, Span: text.Span{Start: 0, End: 5}, Text: "Nine "}}}}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.engine = faulty{how: how}
			w.restart()
			src := w.subscribe("guild", "Gazette", store.Press, "FR")
			w.publish(piece{source: src, story: 1, ago: time.Hour, title: "BAD news of the harbour"})
			w.publish(piece{source: src, story: 2, ago: 2 * time.Hour, title: "Good news of the bridge"})
			s := w.schedule(store.Schedule{})
			d, cs := w.compose(s)
			if len(d.Stories) != 2 || d.Stories[0].Engine != "extractive" || d.Stories[1].Engine != "model" {
				t.Fatalf("stories %+v of %+v", d.Stories, cs)
			}
			if strings.Contains(fmt.Sprintf("%+v", d), "zebras") {
				t.Error("a lie was shown")
			}
		})
	}
}

// A brief is asked for once for the same revisions, however many guilds read them, and again when a story grew.
func TestBriefIsShared(t *testing.T) {
	w := newWorld(t)
	engine := &counting{Engine: renamed{w.engine, "counting"}}
	w.engine = engine
	w.restart()
	src := w.subscribe("guild", "Gazette", store.Press, "FR")
	w.subscribe("other", "Gazette", store.Official, "BE")
	w.publish(piece{source: src, story: 1, ago: time.Hour})
	ask := func(guild, lang string, want int64) {
		t.Helper()
		d, _ := w.compose(w.schedule(store.Schedule{Guild: guild, Lang: lang, Target: store.Target{Channel: guild}}))
		if n := engine.n.Load(); len(d.Stories) != 1 || n != want {
			t.Errorf("%d briefs after %s in %s, want %d", n, guild, lang, want)
		}
	}
	ask("guild", "en", 1)
	ask("guild", "en", 1)
	w.restart()
	ask("other", "en", 1)
	ask("other", "de", 2)
	w.publish(piece{source: src, story: 1, ago: time.Minute})
	ask("guild", "en", 3)
}

// A brief in the cache is proven before it is shown: the row may be older than the check, or not ours.
func TestCachedBriefIsProven(t *testing.T) {
	w := newWorld(t)
	w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 1, ago: time.Hour})
	s := w.schedule(store.Schedule{})
	w.compose(s)
	a := must[store.Listed](t)(w.db.Read().Guild("guild").Article(t.Context(), 1))
	key := briefKey([]summarize.Document{{Article: a.ID, Revision: a.Revision}}, "", w.engine)
	b := must[summarize.Brief](t)(w.db.Read().Brief(t.Context(), key))
	for name, spoil := range map[string]func(b *summarize.Brief){
		"a bullet":   func(b *summarize.Brief) { b.Bullets[0].Text = "Nine thousand zebras resigned." },
		"evidence":   func(b *summarize.Brief) { b.Bullets[0].Evidence[0].Span.End = len(a.Text) + 5 },
		"a headline": func(b *summarize.Brief) { b.Headline = "Zebras take the harbour" },
		"all":        func(b *summarize.Brief) { b.Bullets = nil },
	} {
		bad := b
		bad.Bullets = nil
		for _, bu := range b.Bullets {
			bu.Evidence = slices.Clone(bu.Evidence)
			bad.Bullets = append(bad.Bullets, bu)
		}
		spoil(&bad)
		w.write(func(q *store.Q) error { return q.SaveBrief(context.Background(), key, 1, bad) })
		d, cs := w.compose(s)
		if len(d.Stories) != 1 || strings.Contains(strings.ToLower(fmt.Sprint(d)), "zebras") || len(d.Stories[0].Bullets) == 0 {
			t.Errorf("%s: %+v of %+v", name, d.Stories, cs)
		}
		for _, bu := range d.Stories[0].Bullets {
			if !strings.Contains(a.Text, bu.Text) {
				t.Errorf("%s: bullet %q", name, bu.Text)
			}
		}
	}
}

// A story without words gives way to the next one.
func TestNothingToShow(t *testing.T) {
	w := newWorld(t)
	src := w.subscribe("guild", "Gazette", store.Press, "FR")
	w.publish(piece{source: src, story: 1, ago: time.Minute, text: "…"})
	w.publish(piece{source: src, story: 2, ago: time.Hour})
	d, cs := w.compose(w.schedule(store.Schedule{Stories: 1}))
	if got := shownStories(d); !slices.Equal(got, []int64{2}) || !strings.Contains(because(reasonOf(t, cs, 1)), "no sentence that can be shown") {
		t.Errorf("stories %v of %+v", got, cs)
	}
}

// Who asks for a brief that is being written waits for it.
func TestBriefIsWrittenOnce(t *testing.T) {
	w := newWorld(t)
	engine := &slow{counting: counting{Engine: renamed{w.engine, "slow"}}, asked: make(chan struct{}), leave: make(chan struct{})}
	w.engine = engine
	w.restart()
	src := w.subscribe("guild", "Gazette", store.Press, "FR")
	w.subscribe("other", "Gazette", store.Official, "BE")
	w.publish(piece{source: src, story: 1, ago: time.Hour})
	var wg sync.WaitGroup
	leaving, leave := context.WithCancel(t.Context())
	compose := func(ctx context.Context, guild string) (Digest, error) {
		d, _, err := w.s.Compose(ctx, store.Schedule{Guild: guild, Zone: "UTC", Lang: "en"}, "", w.clock.now())
		return d, err
	}
	wg.Go(func() {
		if _, err := compose(leaving, "guild"); !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left: %v", err)
		}
	})
	<-engine.asked
	for range 8 {
		wg.Go(func() {
			if d, err := compose(t.Context(), "other"); err != nil || len(d.Stories) != 1 || d.Stories[0].Engine != "slow" {
				t.Errorf("one who waited: %d stories, %v", len(d.Stories), err)
			}
		})
	}
	leave() // who came first leaves; what was begun for all goes on
	close(engine.leave)
	wg.Wait()
	if n := engine.n.Load(); n != 1 {
		t.Errorf("the engine was asked %d times", n)
	}
}

// slow is an engine that says when it is asked and waits for leave to answer.
type slow struct {
	counting
	once         sync.Once
	asked, leave chan struct{}
	ended        atomic.Int32
}

func (s *slow) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	defer s.ended.Add(1)
	s.once.Do(func() { close(s.asked) })
	select {
	case <-s.leave:
		return s.counting.Brief(ctx, r)
	case <-ctx.Done():
		return summarize.Brief{}, ctx.Err()
	}
}

// What a model wrote and could not be proven is not asked for again, until the story grows; what failed otherwise is.
func TestUnprovenIsRemembered(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int64
	}{{"unproven", summarize.ErrUnproven, 1}, {"broken", errors.New("the endpoint is out of order"), 2}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			engine := &counting{Engine: refusing{renamed{w.engine, "refusing"}, c.err}}
			w.engine = engine
			w.restart()
			src := w.subscribe("guild", "Gazette", store.Press, "FR")
			w.publish(piece{source: src, story: 1, ago: time.Hour})
			s := w.schedule(store.Schedule{})
			for range 2 {
				if d, _ := w.compose(s); len(d.Stories) != 1 || d.Stories[0].Engine != "extractive" {
					t.Fatalf("the digest has %+v", d.Stories)
				}
			}
			if n := engine.n.Load(); n != c.want {
				t.Errorf("asked %d times, want %d", n, c.want)
			}
			w.publish(piece{source: src, story: 1, ago: time.Minute})
			w.compose(s)
			if n := engine.n.Load(); n != c.want+1 {
				t.Errorf("asked %d times after the story grew", n)
			}
		})
	}
}

// refusing is an engine that always fails.
type refusing struct {
	summarize.Engine
	err error
}

func (r refusing) Brief(context.Context, summarize.Request) (summarize.Brief, error) {
	return summarize.Brief{}, r.err
}
