package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"attache/internal/text"

	"github.com/gorilla/websocket"
)

// linksShared are articles as they were published, with their languages.
var linksShared = map[string]string{"polnear.dev.jsonl": "en", "dewikinews.dev.jsonl": "de", "adaq-cs.dev.jsonl": "cs", "adaq-ru.dev.jsonl": "ru"}

// A linkArticle is a text with its sentences.
type linkArticle struct {
	text      string
	sentences []text.Span
}

// Each link leads a real browser to its sentence: of 200 sentences of real articles 95 % have a link, and no link leads
// to another place.
func TestLinksInBrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("ATTACHE_CI") == "1" {
			t.Fatal("needs chromium")
		}
		t.Skip("needs chromium (Debian: chromium)")
	}
	articles := linkArticles(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || n >= len(articles) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, linkPage(articles[n]))
	})
	srv := httptest.NewServer(mux)
	defer srv.Close()
	b := startBrowser(t, path)

	const want = 200
	rnd := rand.New(rand.NewPCG(7, 11))
	tried, linked, landed := 0, 0, 0
	for tried < want {
		n := rnd.IntN(len(articles))
		a, sentences := articles[n].text, articles[n].sentences
		i := rnd.IntN(len(sentences))
		if len(strings.Fields(sentences[i].Of(a))) < 3 {
			continue
		}
		tried++
		for _, short := range []bool{false, true} {
			f, ok := text.Fragment(a, sentences[i], short)
			if !ok {
				continue
			}
			at := b.land(fmt.Sprintf("%s/%d?%d-%v#:~:%s", srv.URL, n, tried, short, f))
			if !short {
				linked++
			}
			switch {
			case at == i && !short:
				landed++
			case at == i:
			case at < 0 || at >= len(sentences):
				t.Logf("not found by the browser: %s (%q)", f, sentences[i].Of(a))
			default:
				t.Errorf("%s leads to sentence %d, want %d:\n%q\n%q", f, at, i, sentences[at].Of(a), sentences[i].Of(a))
			}
		}
	}
	t.Logf("%d sentences, %d with a link, %d of them found by the browser", tried, linked, landed)
	if 100*landed < 95*tried {
		t.Errorf("%d of %d links land on their sentence", landed, tried)
	}
}

func linkArticles(t *testing.T) []linkArticle {
	t.Helper()
	var out []linkArticle
	for _, name := range slices.Sorted(maps.Keys(linksShared)) {
		f, err := os.Open(filepath.Join("..", "..", "..", "shared", "eval", "quotes", name))
		if errors.Is(err, os.ErrNotExist) {
			t.Skip("needs the shared data beside the repository")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<24)
		for n := 0; in.Scan() && n < 100; n++ {
			var row struct{ Text string }
			if err := json.Unmarshal(in.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			s := text.Normalize(row.Text)
			if a := (linkArticle{s, text.Sentences(s, linksShared[name])}); len(a.sentences) > 0 {
				out = append(out, a)
			}
		}
	}
	return out
}

// linkPage is an article as a page: paragraphs, and in them sentences that the test knows again. Letters are so large that
// hardly two sentences begin in one line, and there is room before the first and behind the last: the browser can put the
// beginning of what it found in the middle of the window.
func linkPage(a linkArticle) string {
	article := a.text
	var b strings.Builder
	b.WriteString(`<!doctype html><meta charset="utf-8"><style>body{margin:1000px 0;width:320px;font:32px/40px sans-serif}p{margin:40px 0}</style>`)
	end, n := 0, 0
	b.WriteString("<p>")
	between := func(s string) {
		b.WriteString(strings.ReplaceAll(html.EscapeString(s), "\n", "</p><p>"))
	}
	for _, s := range a.sentences {
		between(article[end:s.Start])
		// A sentence that goes over a line end is in two paragraphs.
		for k, line := range strings.Split(s.Of(article), "\n") {
			if k > 0 {
				b.WriteString("</p><p>")
			}
			fmt.Fprintf(&b, `<span class="s" data-n="%d">%s</span>`, n, html.EscapeString(line))
		}
		end, n = s.End, n+1
	}
	between(article[end:])
	b.WriteString("</p>")
	return b.String()
}

// A browser is a Chromium with one tab, over its DevTools protocol.
type browser struct {
	t       *testing.T
	conn    *websocket.Conn
	session string
	n       int // calls
	loads   int // pages that were loaded
}

func startBrowser(t *testing.T, path string) *browser {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	dir, err := os.MkdirTemp("", "attache-links-")
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--proxy-server=direct://", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
		"--remote-debugging-port=0", "--window-size=400,800", "--user-data-dir="+dir, "about:blank")
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = c.Wait() // it was killed
		// Its children may still write there: what is left of the folder is the system's to remove.
		_ = os.RemoveAll(dir)
	})
	in := bufio.NewScanner(stderr)
	addr := ""
	for in.Scan() {
		if _, a, ok := strings.Cut(in.Text(), "DevTools listening on "); ok {
			addr = a
			break
		}
	}
	go func() {
		for in.Scan() {
		}
	}()
	if addr == "" {
		t.Fatal("chromium did not say where it listens")
	}
	conn, resp, err := websocket.DefaultDialer.Dial(addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	t.Cleanup(func() { conn.Close() })
	b := &browser{t: t, conn: conn}
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.call("Page.enable", nil, nil)
	return b
}

// call calls a method and decodes its result.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.n++
	request := map[string]any{"id": b.n, "method": method, "params": params}
	if params == nil {
		delete(request, "params")
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	if err := b.conn.WriteJSON(request); err != nil {
		b.t.Fatal(err)
	}
	b.wait(method, func(m message) bool { return m.ID == b.n }, result)
}

type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  *struct{ Message string }
}

// wait reads what the browser says until it is what is waited for.
func (b *browser) wait(what string, is func(message) bool, result any) {
	b.t.Helper()
	_ = b.conn.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		var m message
		if err := b.conn.ReadJSON(&m); err != nil {
			b.t.Fatalf("%s: %v", what, err)
		}
		if m.Method == "Page.loadEventFired" {
			b.loads++
		}
		if !is(m) {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", what, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v in %s", what, err, m.Result)
			}
		}
		return
	}
}

// landing finds the sentence that begins in the line in the middle of the window, once the page has stopped to move: there the
// browser puts the beginning of what it found. -1 when the page did not move at all, and the sentence that is there, or 999,
// when none begins there, or more than one.
const landing = `new Promise(done => {
	const look = (before, n) => requestAnimationFrame(() => setTimeout(() => {
		if (n < 3 || scrollY !== before) { look(scrollY, n + 1); return }
		if (scrollY === 0) { done(-1); return }
		const middle = innerHeight / 2, seen = new Set(), begin = []
		let there = 999
		for (const e of document.querySelectorAll('.s')) {
			const all = e.getBoundingClientRect(), n = Number(e.dataset.n)
			if (all.top <= middle && middle <= all.bottom) there = n
			if (seen.has(n)) continue
			seen.add(n)
			if (Math.abs(e.getClientRects()[0].top - middle) < 16) begin.push(n)
		}
		done(begin.length === 1 ? begin[0] : there)
	}, 15))
	look(-1, 0)
})`

// land opens a link and returns the number of the sentence to which the browser scrolled.
func (b *browser) land(url string) int {
	b.t.Helper()
	before := b.loads
	b.call("Page.navigate", map[string]any{"url": url, "transitionType": "typed"}, nil)
	if b.loads == before {
		b.wait("load "+url, func(message) bool { return b.loads > before }, nil)
	}
	var r struct {
		Result struct{ Value float64 }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": landing, "awaitPromise": true, "returnByValue": true}, &r)
	return int(math.Round(r.Result.Value))
}
