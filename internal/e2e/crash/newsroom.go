package crash

import (
	_ "embed"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// newsEvery is the time between two articles; every other one is in the feed of teasers.
	newsEvery = 30 * time.Second
	// archived articles are there when the world begins.
	archived = 12
	// readInFeed is how many articles a feed holds on to that its reader has: seen again, they are not stored again.
	readInFeed = 3
)

// words.txt has what the invented articles are made of: lists with a heading each.
//
//go:embed words.txt
var wordsFile string

// A newsroom publishes an article every half a minute of the world's time, in a feed of whole texts and one of teasers.
// A feed lets go of what its reader has, and takes its word for it: whoever sends the mark of an answer has its articles.
type newsroom struct {
	clock *clock
	begin time.Time
	words map[string][]string

	mu   sync.Mutex
	read map[string]int // articles that the reader has, by feed
}

func newNewsroom(c *clock) *newsroom {
	n := &newsroom{clock: c, begin: c.now().Add(-archived * newsEvery), words: map[string][]string{}, read: map[string]int{}}
	list := ""
	for line := range strings.Lines(wordsFile) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "# "); ok {
			list = name
		} else if line != "" {
			n.words[list] = append(n.words[list], line)
		}
	}
	return n
}

// A piece is an article of the newsroom.
type piece struct {
	n         int
	path      string
	feed      string // path of the feed that has it
	title     string
	paras     []string
	published time.Time
}

const (
	wholeFeed  = "/whole.xml"
	teaserFeed = "/teasers.xml"
)

// word is the n-th word of a list, which begins anew at its end.
func (r *newsroom) word(list string, n int) string { return r.words[list][n%len(r.words[list])] }

// piece makes the n-th article. Steps that have no divisor in common with the lists keep neighbours apart.
func (r *newsroom) piece(n int) piece {
	p := piece{n: n, path: "/article/" + strconv.Itoa(n), feed: wholeFeed, published: r.begin.Add(time.Duration(n) * newsEvery)}
	if n%2 == 1 {
		p.feed = teaserFeed
	}
	a, b, act := r.word("states", n), r.word("states", n*5+3), r.word("acts", n/3)
	if a == b {
		b = r.word("states", n+1)
	}
	about, place := r.word("matters", n*7), r.word("places", n*11+n/23)
	number := 1000 + n
	p.title = fmt.Sprintf("%s and %s %s %s in %s", a, b, act, about, place)
	p.paras = []string{
		fmt.Sprintf("%s and %s %s %s in %s on %s, their ministries said in paper number %d.", a, b, act, about, place, p.published.Format("Monday"), number),
		fmt.Sprintf("“Without paper number %d nobody in %s would speak of %s today,” said %s %s, the deputy minister of %s for %s.",
			number, place, about, r.word("names", n), r.word("families", n*3+n/10), a, r.word("offices", n)),
		fmt.Sprintf("The %d pages on %s name %d towns, and %s.", 11+n%70, about, 3+n%17, r.word("details", n*5)),
		fmt.Sprintf("A further round is not on the agenda of %s, the hosts in %s said, and %s.", b, place, r.word("ends", n*3)),
	}
	return p
}

// published are the articles that were published by now, the oldest first.
func (r *newsroom) published() []piece { return r.until(r.clock.now()) }

func (r *newsroom) until(t time.Time) []piece {
	var out []piece
	for n := 0; ; n++ {
		p := r.piece(n)
		if p.published.After(t) {
			return out
		}
		out = append(out, p)
	}
}

func (r *newsroom) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case wholeFeed, teaserFeed:
		r.feed(w, req)
		return
	}
	for _, p := range r.published() {
		if p.path == req.URL.Path {
			fmt.Fprintf(w, "<html lang=en><head><title>%[1]s</title></head><body><nav>Home</nav><article><h1>%[1]s</h1>\n%[2]s</article></body></html>", html.EscapeString(p.title), body(p))
			return
		}
	}
	http.NotFound(w, req)
}

// feed answers with what is new in a feed, or that nothing is. A program that kept the mark of an answer and not all of its
// articles never sees them again.
func (r *newsroom) feed(w http.ResponseWriter, req *http.Request) {
	var items []piece
	for _, p := range r.published() {
		if p.feed == req.URL.Path {
			items = append(items, p)
		}
	}
	etag := fmt.Sprintf(`"%d"`, len(items))
	w.Header().Set("ETag", etag)
	var has int
	if _, err := fmt.Sscanf(req.Header.Get("If-None-Match"), `"%d"`, &has); err == nil && has == len(items) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	r.mu.Lock()
	r.read[req.URL.Path] = max(has, r.read[req.URL.Path])
	items = items[max(0, r.read[req.URL.Path]-readInFeed):]
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(w, `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Paper %[1]s</title><link>http://%[2]s/</link><language>en</language>`,
		strings.Trim(req.URL.Path, "/"), req.Host)
	for _, p := range items {
		text := fmt.Sprintf("<content:encoded>%s</content:encoded>", html.EscapeString(body(p)))
		if p.feed == teaserFeed {
			text = "<description>" + html.EscapeString(p.title) + "…</description>"
		}
		fmt.Fprintf(w, "<item><title>%s</title><link>http://%s%s</link><pubDate>%s</pubDate>%s</item>\n", html.EscapeString(p.title), req.Host, p.path, p.published.Format(time.RFC1123Z), text)
	}
	fmt.Fprint(w, "</channel></rss>")
}

func body(p piece) string {
	var sb strings.Builder
	for _, para := range p.paras {
		sb.WriteString("<p>" + html.EscapeString(para) + "</p>\n")
	}
	return sb.String()
}
