package sources

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxPages is how many pages one visit reads: at a second's pause some 45 s. The rest is read soon after.
	maxPages = 30
	// readLimit is when a visit begins no further page.
	readLimit = time.Minute
	// maxEntries is how many new entries one visit takes: some 2 s of saving.
	maxEntries = 1000
	// maxText bounds an article in bytes: the longest of 581 measured pages has 57 KB.
	maxText = 512 << 10
	// hostFails is how many pages of a host in a row get no answer before a visit asks it for no more.
	hostFails = 2
	// wholePart: a page whose text is under this part of the feed's own was not read rightly.
	wholePart = 0.8
)

// A reading turns the entries of one visit into articles.
type reading struct {
	client   *Client
	feed     *Feed
	start    time.Time
	articles []Article
	pages    int                 // asked for
	down     map[string]*Problem // hosts that are asked for no more pages
	fails    map[string]int      // by host, in a row
	left     int                 // entries for a later visit
	again    bool                // pages are to be tried again
	nothing  int                 // entries that say nothing
	long     int                 // entries whose text was shortened
	teasers  int                 // entries of which only the teaser could be had
	why      *Problem            // of the first of these
}

func newReading(c *Client, feed *Feed) reading {
	return reading{client: c, feed: feed, start: time.Now(), down: map[string]*Problem{}, fails: map[string]int{}}
}

// all reads what is new or changed, and then, when that left time, the pages that could not be read before.
func (r *reading) all(ctx context.Context, entries []keyedEntry, known map[string]string) {
	var retry []keyedEntry
	for _, e := range entries {
		stored, have := known[e.key]
		hash, n := tries(stored)
		switch {
		case e.Cut:
			// What is stored may be whole, and what has neither link nor name cannot be known again.
			if !have && (e.Link != "" || e.ID != "") {
				r.one(ctx, e, 0)
			}
		case !have || hash != e.hash:
			r.one(ctx, e, 0)
		case n > 0:
			retry = append(retry, e)
		}
	}
	for _, e := range retry {
		if r.left > 0 {
			return // their turn comes when nothing new is waiting
		}
		_, n := tries(known[e.key])
		r.one(ctx, e, n)
	}
}

// one makes an article of an entry whose page could not be read n times so far.
func (r *reading) one(ctx context.Context, e keyedEntry, n int) {
	if len(r.articles) == maxEntries || ctx.Err() != nil {
		r.left++
		return
	}
	a, cut := entry(e.plainItem, r.feed.Language)
	a.Key, a.Hash = e.key, e.hash
	var p *Problem
	if cut || e.Cut {
		var done bool
		if p, done = r.page(ctx, &a, e.own); !done {
			r.left++
			return
		}
	}
	if a.Title == "" {
		a.Title = titleOf(a.Text)
	}
	if a.Title == "" {
		r.nothing++
		return
	}
	if p != nil {
		a.Teaser, a.Problem = true, p.Sentence
		if p.Retryable && n < pageTries {
			a.Hash += tryMark + strconv.Itoa(n+1)
			r.again = true
		}
		if r.teasers++; r.why == nil {
			r.why = p
		}
	}
	if len(a.Text) > maxText {
		a.Text = shorten(a.Text)
		r.long++
	}
	r.articles = append(r.articles, a)
}

// page reads an article's page into a. done is false when this visit reads no more pages.
func (r *reading) page(ctx context.Context, a *Article, own bool) (p *Problem, done bool) {
	if !own || !readable(a.URL) {
		return problem(codeNoLink, nil), true
	}
	host := hostOf(a.URL)
	if p := r.down[host]; p != nil {
		return p, true
	}
	if r.pages == maxPages || time.Since(r.start) > readLimit {
		return nil, false
	}
	r.pages++
	page, err := r.client.chosenPage(ctx, a.URL)
	if ctx.Err() != nil {
		return nil, false
	}
	if err != nil {
		p := asProblem(err)
		switch p.Code {
		case codeThrottled:
			r.down[host] = p
		case codeDNS, codeConnect, codeTLS, codeTimeout, codeSlow, codeBroken, codeServer:
			if r.fails[host]++; r.fails[host] == hostFails {
				r.down[host] = p
			}
		default:
			r.fails[host] = 0
		}
		return p, true
	}
	r.fails[host] = 0
	if float64(letters(page.Text)) < wholePart*float64(letters(a.Text)) {
		return problem(codeNoText, nil), true
	}
	a.take(page)
	return nil, true
}

// take fills in what a page says. What the feed says wins, but for the text.
func (a *Article) take(page Page) {
	a.Title = firstSet(a.Title, page.Title)
	a.Text, a.Paged = withoutTitle(page.Text, a.Title), true
	a.Author = firstSet(a.Author, page.Author)
	a.Lang = firstSet(a.Lang, page.Lang)
	a.Note, a.Credits = joinCredits(a.Note, page.Note), joinCredits(a.Credits, page.Credits)
	if a.Published.IsZero() {
		a.Published = page.Published
	}
	// Readers are sent to the page itself, not through a redirector, and to its own edition rather than one for telephones.
	key, err := Key(page.URL)
	if linked, lerr := Key(a.URL); err != nil || lerr != nil {
		return
	} else if linked != key && hostOf(a.URL) != hostOf(page.URL) {
		a.URL = page.URL
	}
	if own, err := Key(page.Canonical); err == nil && (own == key || samePath(page.Canonical, page.URL)) {
		a.URL = page.Canonical
	}
}

// samePath reports addresses that differ in nothing but scheme and host.
func samePath(a, b string) bool {
	ua, err := url.Parse(a)
	ub, berr := url.Parse(b)
	return err == nil && berr == nil && ua.Path == ub.Path && ua.RawQuery == ub.RawQuery
}

// chosenPage is page for what nobody but this program asked for: robots.txt is heeded.
func (c *Client) chosenPage(ctx context.Context, u string) (Page, error) {
	may, err := c.mayRead(ctx, u)
	if err != nil {
		return Page{}, err
	}
	if !may {
		return Page{}, problem(codeRobots, nil)
	}
	return c.page(ctx, u)
}

// page fetches and reads an article's page. Every error is a *Problem.
func (c *Client) page(ctx context.Context, u string) (Page, error) {
	res, err := c.do(ctx, request{url: u, accept: acceptPage, max: c.opts.MaxPage})
	if err != nil {
		return Page{}, err
	}
	if res.status != http.StatusOK {
		return Page{}, statusProblem(res.status)
	}
	if res.short {
		return Page{}, problem(codeBroken, io.ErrUnexpectedEOF) // half an article must not pass for the whole
	}
	return c.readBody(ctx, Input{URL: res.url, Header: res.header, Body: res.body})
}

// readBody reads what was fetched: a page, or a PDF, one of these at a time.
func (c *Client) readBody(ctx context.Context, in Input) (Page, error) {
	if !isPDF(in.Body) {
		return ReadPage(in)
	}
	select {
	case c.pdfs <- struct{}{}:
		defer func() { <-c.pdfs }()
	case <-ctx.Done():
		return Page{}, problem(codeStopped, ctx.Err())
	}
	return ReadPDF(ctx, in)
}

// shorten cuts a text to maxText, at the end of a paragraph or at least of a word.
func shorten(t string) string {
	t = t[:maxText]
	for _, end := range []string{"\n", " "} {
		if i := strings.LastIndex(t, end); i > maxText/2 {
			return t[:i]
		}
	}
	return strings.ToValidUTF8(t, "")
}

// warnings are sentences for managers on what of the feed could not be had.
func (r *reading) warnings() []string {
	var w []string
	if r.nothing > 0 {
		w = append(w, fmt.Sprintf("%d entries have neither title nor text and were left out.", r.nothing))
	}
	if r.long > 0 {
		w = append(w, fmt.Sprintf("%d entries are longer than %d KB; their beginning was kept.", r.long, maxText>>10))
	}
	if r.teasers > 0 {
		w = append(w, fmt.Sprintf("%d articles could not be read whole; their teasers are kept. %s", r.teasers, r.why.Sentence))
	}
	return w
}
