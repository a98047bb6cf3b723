package bot

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"attache/internal/store"
	"attache/sources"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/net/dns/dnsmessage"
)

// namesOf answers look-ups of names with the loopback address; of other names it knows nothing, whatever the machine knows.
func namesOf(t testing.TB, names ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}
			m.Additionals = nil
			switch {
			case !slices.Contains(names, strings.TrimSuffix(q.Name.String(), ".")):
				m.RCode = dnsmessage.RCodeNameError
			case q.Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
				})
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// linkHosts are the names of the web that links lead to. "inside.example" is one too, but not allowed: it stands for a
// public name that resolves to a private address.
var linkHosts = []string{"news.example", "short.example", "consent.news.example", "xn--bcher-kva.example"}

// A linkWeb is a web of several hosts on loopback: what testdata/ask/links.txtar says, and what a test sets.
type linkWeb struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]http.HandlerFunc // by host and path
	asked []string
}

func (w *linkWeb) on(at string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[at] = h
}

// requests are the addresses asked for since the last call.
func (w *linkWeb) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.asked
	w.asked = nil
	return out
}

// url is an address of the web.
func (w *linkWeb) url(at string) string {
	name, path, _ := strings.Cut(at, "/")
	return "http://" + name + ":" + w.port() + "/" + path
}

func (w *linkWeb) port() string {
	return strconv.Itoa(int(netip.MustParseAddrPort(strings.TrimPrefix(w.URL, "http://")).Port()))
}

// linkOffice is an office whose readers can follow links into a web.
func linkOffice(t *testing.T, how ...func(*office)) (*office, *linkWeb) {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/ask/links.txtar")
	if err != nil {
		t.Fatal(err)
	}
	w := &linkWeb{pages: map[string]http.HandlerFunc{}}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name, _, _ := net.SplitHostPort(r.Host)
		w.mu.Lock()
		w.asked = append(w.asked, name+r.URL.RequestURI())
		h := w.pages[name+r.URL.Path]
		w.mu.Unlock()
		if h == nil {
			h = http.NotFound
		}
		h(rw, r)
	}))
	t.Cleanup(w.Close)
	for _, f := range ar.Files {
		head, body, _ := strings.Cut(string(f.Data), "\n\n")
		status := http.StatusOK
		w.on(f.Name, func(rw http.ResponseWriter, _ *http.Request) {
			for line := range strings.Lines(head) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
				if k == "Status" {
					status, _ = strconv.Atoi(v)
					continue
				}
				rw.Header().Set(k, strings.ReplaceAll(v, ":PORT", ":"+w.port()))
			}
			rw.WriteHeader(status)
			_, _ = rw.Write([]byte(strings.ReplaceAll(body, ":PORT", ":"+w.port())))
		})
	}
	o := newOffice(t, how...)
	var allow []string
	for _, h := range linkHosts {
		allow = append(allow, net.JoinHostPort(h, w.port()))
	}
	if o.client, err = sources.NewClient(sources.ClientOptions{
		AllowPrivate: allow, Ports: []int{8080}, Now: o.now, Resolver: namesOf(t, append(linkHosts, "inside.example")...),
	}); err != nil {
		t.Fatal(err)
	}
	o.restart()
	return o, w
}

// lookedUp writes the rows of so many lookups.
func (o *office) lookedUp(guild, user, purpose string, n int) {
	o.t.Helper()
	o.write(func(ctx context.Context, q *store.Q) error {
		for range n {
			if _, err := q.BeginLookup(ctx, store.Lookup{Guild: guild, User: user, Purpose: purpose, URL: "https://x.example/"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestLinks plays testdata/ask/links, over the web of testdata/ask/links.txtar. In the case "limits" all that may be fetched in
// a day was.
func TestLinks(t *testing.T) { askLinks(t) }

// Answers that were put off are the same.
func TestLinksPutOff(t *testing.T) {
	if *update {
		t.Skip("the expectations are those of TestLinks")
	}
	askLinks(t, hasty)
}

func askLinks(t *testing.T, how ...func(*office)) {
	t.Helper()
	files, err := filepath.Glob("testdata/ask/links/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playCase(t, file, func(locale string, ask []byte, english []asked) (string, []asked) {
				o, w := linkOffice(t, how...)
				if name == "limits" {
					o.lookedUp(guildID, someReader.ID, store.LookupPage, pagesOfUser)
					o.lookedUp(guildID, "7099", store.LookupPage, pagesOfGuild-pagesOfUser)
					o.lookedUp(guildID, "7099", store.LookupSource, sourcesOfGuild)
				}
				var got strings.Builder
				var answers []asked
				for line := range bytes.Lines(ask) {
					var s step
					decodeStep(t, bytes.ReplaceAll(line, []byte(":PORT"), []byte(":"+w.port())), &s)
					s.Locale = cmp.Or(s.Locale, locale)
					var last asked
					if n := len(answers); n > 0 {
						last = answers[n-1]
						if english != nil {
							s.Press = samePlace(t, s.Press, english[n-1], last)
						}
					}
					last = o.play(s, last)
					answers = append(answers, last)
					fmt.Fprintf(&got, "> %s%s\n", line, strings.ReplaceAll(last.shown(t), ":"+w.port(), ":PORT"))
				}
				return got.String(), answers
			})
		})
	}
}
