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
	"sync/atomic"
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
	configure(t, p, "sqlite:attache.db", "sqlite:"+filepath.Join(small, "attache.db"))
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

// configure changes a program's configuration.
func configure(t *testing.T, p *program, old, now string) {
	t.Helper()
	config := filepath.Join(p.Dir, "config.yaml")
	b, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(b, []byte(old)) {
		t.Fatalf("the configuration has no %q", old)
	}
	if err := os.WriteFile(config, bytes.Replace(b, []byte(old), []byte(now), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// While a disk fills up fetching stops first and posting goes on: the digest that falls due on the full disk is posted. The
// operator is told once of the one, and once when it is over; then sources are read again.
func TestDiskFillsUp(t *testing.T) {
	const operator = "1190000000000000009"
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH)
	var visits atomic.Int64
	feed := press()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed.xml" {
			visits.Add(1)
		}
		feed.ServeHTTP(w, r)
	}))
	defer web.Close()
	fake, api := discord(t, fakediscord.Options{})
	fake.AddGuild(fakediscord.Guild{ID: "1180000000000000009", Name: "Night watch", Channels: []fakediscord.Channel{{ID: operator, Name: "alerts"}}})
	p := newProgram(t, api, strings.TrimPrefix(web.URL, "http://"))
	configure(t, p, "sqlite:attache.db", "sqlite:"+filepath.Join(small, "attache.db"))
	configure(t, p, "http:\n", "operator:\n  channel: \""+operator+"\"\nhttp:\n")
	p.do(morning.Add(-time.Hour), "source", "add", web.URL+"/feed.xml", "--guild", guild)
	p.do(morning.Add(-time.Hour), "schedule", "add", "08:00", "--channel", channel, "--zone", "Europe/Brussels")

	r := p.run(morning)
	r.until("the articles", func() bool { return p.metric("attache_articles") == 3 && p.metric("attache_articles_waiting") == 0 })
	if n := len(fake.Messages(operator)); n != 0 {
		t.Fatalf("the operator was told %d times of nothing", n)
	}
	fill(t, small, 2<<20)
	r.until("the first notice", func() bool { return len(fake.Messages(operator)) > 0 })
	if body := string(fake.Messages(operator)[0].Body); !strings.Contains(body, "no source is read any more; digests are still posted") {
		t.Errorf("the operator was told %s", body)
	}
	before := visits.Load()
	r.until("the digest", func() bool { return p.metric(`attache_deliveries{status="sent"}`) == 1 })
	if n := visits.Load() - before; n > 1 { // one may have been under way
		t.Errorf("%d visits while the disk was full", n)
	}
	if v := p.metric(`attache_alerts{name="full"}`); v != 1 {
		t.Errorf("the alert is %v in the metrics", v)
	}
	if err := os.Remove(filepath.Join(small, "filler")); err != nil {
		t.Fatal(err)
	}
	r.until("the second notice", func() bool { return len(fake.Messages(operator)) > 1 })
	before = visits.Load()
	r.until("visits again", func() bool { return visits.Load() > before+1 })
	r.stop()
	if ms := fake.Messages(operator); len(ms) != 2 || !strings.Contains(string(ms[1].Body), "Over: The disk of the database has room again") {
		t.Errorf("the operator was told %d times, at last: %s", len(ms), ms[len(ms)-1].Body)
	}
	if n := len(fake.Messages(channel)); n != 1 {
		t.Errorf("%d digests", n)
	}
	p.do(morning, "backup", filepath.Join(p.Dir, "backup.db")) // what is stored is whole
}

// fill leaves so many bytes free in a folder with a disk of its own.
func fill(t *testing.T, folder string, left uint64) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		t.Fatal(err)
	}
	free := s.Bavail * uint64(s.Bsize)
	if free < left {
		t.Fatalf("%d bytes are free", free)
	}
	if err := os.WriteFile(filepath.Join(folder, "filler"), make([]byte, free-left), 0o600); err != nil {
		t.Fatal(err)
	}
}
