package sources

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"
)

// realPages reads every nth page of an archive of article pages.
func realPages(t testing.TB, name string, nth int) map[string][]byte {
	t.Helper()
	f, err := os.Open(sharedFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string][]byte{}
	n := 0
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return pages
		}
		if err != nil {
			t.Fatal(err)
		}
		if path.Ext(h.Name) != ".html" {
			continue
		}
		if n++; n%nth != 0 {
			continue
		}
		if pages[path.Base(h.Name)], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// Real pages behind teasers, on three hosts: each becomes an article, whole or
// with a sentence that says why not, and nearly all of them whole.
func TestVisitRealPages(t *testing.T) {
	d := newDesk()
	var webs []*web
	total := 0
	for i, archive := range []string{"scrapinghub_dev", "trafilatura_dev", "trafilatura_dev"} {
		w := newWeb(t)
		webs = append(webs, w)
		var entries []entryOf
		for name, body := range realPages(t, "eval/pages/"+archive+".tar.gz", 20+i) {
			w.on("/p/"+name, func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "text/html")
				_, _ = rw.Write(body)
			})
			entries = append(entries, entryOf{"Page " + name, w.URL + "/p/" + name, name, "A teaser."})
		}
		w.text("/feed.xml", "text/xml", feedOf(entries...))
		d.add(w.URL + "/feed.xml")
		total += len(entries)
	}
	log := &lines{}
	p := NewPoller(logTo(log), clientFor(t, ClientOptions{}, webs...), d, PollerOptions{})
	read, whole := 0, 0
	for id := range d.rows {
		if o := visitNow(t, p, d, id); o.Err != nil {
			t.Fatal(o.Err)
		}
		for _, a := range d.articles[id] {
			read++
			if !a.Teaser {
				whole++
			} else if a.Problem == "" || a.Text != "A teaser." {
				t.Errorf("%s: %q, %q", a.Title, a.Problem, a.Text)
			}
		}
	}
	if read != total || total < 40 || whole < total*95/100 {
		t.Errorf("of %d pages %d were read, %d whole", total, read, whole)
	}
	if l := log.String(); strings.Contains(l, "panic") || strings.Contains(l, "level=ERROR") {
		t.Error(l)
	}
}

// BenchmarkReadRealPages measures real pages, one after the other.
func BenchmarkReadRealPages(b *testing.B) {
	var bodies [][]byte
	size := 0
	for _, body := range realPages(b, "eval/pages/scrapinghub_dev.tar.gz", 2) {
		bodies = append(bodies, body)
		size += len(body)
	}
	b.SetBytes(int64(size / len(bodies)))
	for i := 0; b.Loop(); i++ {
		body := bodies[i%len(bodies)]
		if _, err := ReadPage(Input{URL: fmt.Sprintf("https://site.example/%d", i), Body: body}); err != nil && problemCode(b, err) != codeNoText {
			b.Fatal(err)
		}
	}
}
