package newsroom

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"attache/sources"
)

func get(t *testing.T, url string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, b
}

// The samples are as varied as the demo says, and every feed holds every article, the damaged one too.
func TestSamples(t *testing.T) {
	now := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	s, err := Open(context.Background(), slog.New(slog.DiscardHandler), Samples(), now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	langs, kinds, tiers := map[string]bool{}, map[string]bool{}, map[string]bool{}
	articles, teasers, damaged := 0, 0, 0
	for _, site := range s.Sites() {
		langs[site.Lang], kinds[site.Kind], tiers[site.Tier] = true, true, true
		as, err := Articles(Samples(), site.Outlet, now)
		if err != nil {
			t.Fatal(err)
		}
		articles += len(as)
		if site.Teaser {
			teasers++
		}
		resp, body := get(t, site.URL()+"feed")
		f, err := sources.ParseFeed(sources.Input{URL: site.URL() + "feed", ContentType: resp.Header.Get("Content-Type"), Header: resp.Header, Body: body})
		if err != nil {
			t.Errorf("%s: %v", site.Name, err)
			continue
		}
		if len(f.Items) != len(as) {
			t.Errorf("%s: the feed has %d entries of %d articles", site.Name, len(f.Items), len(as))
		}
		if site.Damaged {
			damaged++
			if len(f.Warnings) == 0 {
				t.Errorf("%s: nobody notices the damage", site.Name)
			}
		}
		for i, it := range f.Items {
			if it.Title != as[i].Title || !it.Published.Equal(now.Add(-as[i].Age)) {
				t.Errorf("%s: entry %q of %v, article %q of %v", site.Name, it.Title, it.Published, as[i].Title, now.Add(-as[i].Age))
			}
			if _, page := get(t, it.Link); !strings.Contains(string(page), "<h1>") {
				t.Errorf("%s leads nowhere", it.Link)
			}
		}
		for _, a := range as {
			if all := a.Title + strings.Join(a.Paras, ""); strings.ContainsAny(all, "{}") {
				t.Errorf("%s/%s: a day is not filled in", site.ID, a.Slug)
			}
		}
	}
	if len(s.Sites()) < 4 || articles < 24 || len(langs) < 3 || len(kinds) < 4 || teasers < 1 || damaged != 1 || len(tiers) < 3 {
		t.Errorf("%d outlets, %d articles, languages %v, kinds %v, tiers %v, %d of teasers, %d damaged", len(s.Sites()), articles, langs, kinds, tiers, teasers, damaged)
	}
}

func TestEditedSampleIsServed(t *testing.T) {
	dir := t.TempDir()
	if err := Copy(dir); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), slog.New(slog.DiscardHandler), os.DirFS(dir), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	site := s.Sites()[0]
	if err := os.WriteFile(filepath.Join(dir, site.ID, "new.txt"), []byte("title: A new one\n\nIts text, of {weekday}.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, body := get(t, site.URL()); !strings.Contains(string(body), "A new one") {
		t.Error("a new file is not served")
	}
	if err := Copy(dir); err != nil { // a kept folder keeps what was written into it
		t.Fatal(err)
	}
	if _, body := get(t, site.URL()+"new"); !strings.Contains(string(body), "Its text, of "+time.Now().Weekday().String()) {
		t.Errorf("served as\n%s", body)
	}
}

func TestBadSamples(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"no text":  {"title: x\n", "needs a title and a text"},
		"no key":   {"title\n\ntext\n", "1: write \"key: value\""},
		"bad age":  {"title: x\nage: soon\n\ntext\n", "age"},
		"bad post": {"title: x\npost: a / b\npost-after: 9\n\ntext\n", "post-after"},
	} {
		dir := fstest.MapFS{"o/outlet.txt": {Data: []byte("name: O\nfeed: rss\n")}, "o/a.txt": {Data: []byte(c.file)}}
		if _, err := Articles(dir, Outlet{ID: "o"}, time.Now()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
