package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// Real pages, hundreds of them, behind feeds of teasers on several hosts: all are fetched, read, stored, grouped, briefed
// and digested, without a panic and without an error that nobody handled.
func TestRealPages(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 580 pages")
	}
	pages := realPages(t)
	const hosts = 6
	shelves := make([][]string, hosts) // names of pages by host
	var names []string
	for name := range pages {
		names = append(names, name)
	}
	sort.Strings(names)
	for i, name := range names {
		shelves[i%hosts] = append(shelves[i%hosts], name)
	}
	now := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	var allow, feeds []string
	for h := range hosts {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/feed.xml" {
				w.Write(pages[strings.TrimPrefix(r.URL.Path, "/")])
				return
			}
			fmt.Fprintf(w, `<rss version="2.0"><channel><title>Host %d</title><link>http://%s/</link>`, h, r.Host)
			for i, name := range shelves[h] {
				fmt.Fprintf(w, "<item><title>Page %d of host %d</title><link>http://%s/%s</link><pubDate>%s</pubDate><description>More…</description></item>\n",
					i, h, r.Host, name, now.Add(-time.Duration(i)*time.Minute).Format(time.RFC1123Z))
			}
			fmt.Fprint(w, "</channel></rss>")
		}))
		defer web.Close()
		allow = append(allow, strings.TrimPrefix(web.URL, "http://"))
		feeds = append(feeds, web.URL+"/feed.xml")
	}
	fake, api := discord(t, fakediscord.Options{})
	p := newProgram(t, api, allow...)
	for _, f := range feeds {
		p.do(now, "source", "add", f, "--guild", guild)
	}
	r := p.run(now)
	r.until("all articles", func() bool {
		return p.metric("attache_articles") == float64(len(names)) && p.metric("attache_articles_waiting") == 0
	})
	if n := p.metric("attache_sources_failing"); n != 0 {
		t.Errorf("%v sources fail", n)
	}
	r.stop()
	for line := range bytes.Lines(r.Output()) {
		if bytes.Contains(line, []byte("level=ERROR")) {
			t.Errorf("%s", line)
		}
	}

	p.do(now, "schedule", "add", "08:00", "--channel", channel, "--zone", "Europe/Brussels", "--stories", "25")
	r = p.run(now.Add(time.Hour - 5*time.Second))
	r.until("the digest", func() bool { return p.metric(`attache_deliveries{status="sent"}`) == 1 })
	r.stop()
	stories := 0
	for _, m := range fake.Messages(channel) {
		stories += strings.Count(string(m.Body), `"description":`)
	}
	if stories != 25 {
		t.Errorf("the digest has %d stories", stories)
	}
}

// realPages reads the pages of ../shared/eval/pages, by name.
func realPages(t *testing.T) map[string][]byte {
	t.Helper()
	archives, err := filepath.Glob("../../../shared/eval/pages/*.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(archives) == 0 {
		if os.Getenv("ATTACHE_CI") == "1" {
			t.Fatal("../shared/eval/pages is not there")
		}
		t.Skip("../shared/eval/pages is not there")
	}
	pages := map[string][]byte{}
	for _, a := range archives {
		f, err := os.Open(a)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for tr := tar.NewReader(z); ; {
			h, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.FileInfo().Mode()&fs.ModeType != 0 || !strings.HasSuffix(h.Name, ".html") {
				continue
			}
			b, err := io.ReadAll(tr)
			if err != nil {
				t.Fatal(err)
			}
			pages[filepath.Base(h.Name)] = b
		}
		f.Close()
	}
	return pages
}
