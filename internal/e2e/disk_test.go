//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// A disk that is full stops nothing but storing: the program says so, ends cleanly when told to, keeps what it has, and
// reads on when there is room again. The disk is a small one in memory, which only root can make.
func TestFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	const articles = 60
	word := strings.Repeat("The harbour masters of the strait met again and agreed on nothing new. ", 900) // 64 KB
	now := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Long Gazette</title>`)
		for i := range articles {
			fmt.Fprintf(w, "<item><title>Part %d of the minutes</title><link>http://%s/%d</link><pubDate>%s</pubDate><content:encoded>%d %s</content:encoded></item>\n",
				i, r.Host, i, now.Add(-time.Duration(i)*time.Minute).Format(time.RFC1123Z), i, word)
		}
		fmt.Fprint(w, "</channel></rss>")
	}))
	defer web.Close()
	_, api := discord(t, fakediscord.Options{})
	p := newProgram(t, api, strings.TrimPrefix(web.URL, "http://"))
	config := filepath.Join(p.Dir, "config.yaml")
	b, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Replace(b, []byte("sqlite:attache.db"), []byte("sqlite:"+filepath.Join(small, "attache.db")), 1)
	if err := os.WriteFile(config, b, 0o600); err != nil {
		t.Fatal(err)
	}
	p.do(now, "source", "add", web.URL+"/feed.xml", "--guild", guild)

	r := p.run(now)
	r.until("a full disk", func() bool { return bytes.Contains(r.Output(), []byte("disk is full")) })
	if n := p.metric("attache_articles"); n >= articles {
		t.Errorf("%v articles fit on 3 MB", n)
	}
	r.stop()
	filler := filepath.Join(small, "filler")
	if err := os.WriteFile(filler, make([]byte, 4<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	out, err := p.Command(t.Context(), now, "source", "add", web.URL+"/other.xml").CombinedOutput()
	if want := "attache: The disk is full, so nothing more can be stored; what was stored is safe."; err == nil || !bytes.Contains(out, []byte(want)) {
		t.Errorf("source add printed, with %v:\n%s", err, out)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	r = p.run(now)
	r.until("the rest", func() bool {
		return p.metric("attache_articles") == articles && p.metric("attache_articles_waiting") == 0
	})
	r.stop()
}
