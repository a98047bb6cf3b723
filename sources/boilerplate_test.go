package sources

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What articles of one visit have in common at their ends is boilerplate; what stands in one, or in the midst, is not.
func TestBoilerplate(t *testing.T) {
	const (
		head = "PRESS RELEASE"
		tail = "The Ministry of Ferries is the ministry of ferries. It was founded in 1911 and has its seat at the harbour."
		call = "Press office: call 4711, weekdays from nine to noon."
	)
	news := func(n int) string {
		return fmt.Sprintf("The minister opened ferry number %d on Monday and spoke of %d more that are being built in the yard.\nNumber %d will sail in May, she said, when the ice is gone.", n, n+3, n)
	}
	dressed := func(n int) string {
		return strings.Join([]string{head, news(n), tail, fmt.Sprintf("Harbour, %d May", n), call}, "\n")
	}
	var all []Article
	for n := range 6 {
		all = append(all, Article{Text: dressed(n)})
	}
	b := boilerplate(nil).learn(all)
	if len(b) != 3 {
		t.Fatalf("%d paragraphs are boilerplate", len(b))
	}
	if again := b.learn(all); !slices.Equal(again, b) {
		t.Errorf("learned twice: %q", again)
	}
	if got := b.without(dressed(9)); got != news(9) {
		t.Errorf("left:\n%s", got)
	}
	for name, c := range map[string]string{
		"no boilerplate": news(9),
		"in the midst":   news(1) + "\n" + tail + "\n" + news(2) + "\n" + news(3),
		"nothing else":   tail + "\n" + call,
		"empty":          "",
	} {
		if got := b.without(c); got != c {
			t.Errorf("%s: left %q", name, got)
		}
	}
	for name, c := range map[string][]Article{
		"two articles":       all[:2],
		"copies of one":      {all[0], all[0], all[0], all[0]},
		"a part of the feed": {all[0], all[1], all[2], {Text: news(4)}, {Text: news(5)}, {Text: news(6)}, {Text: news(7)}},
	} {
		if got := boilerplate(nil).learn(c); len(got) != 0 {
			t.Errorf("%s: learned %d paragraphs", name, len(got))
		}
	}
	many := b
	for round := range 30 {
		var batch []Article
		for n := range 3 {
			batch = append(batch, Article{Text: fmt.Sprintf("%s\nA line of round %d that all have.\nAnother line of round %d.", news(10*round+n), round, round)})
		}
		many = many.learn(batch)
	}
	if len(many) != maxBoilerplate || many[len(many)-1] == b[2] {
		t.Errorf("%d paragraphs are remembered", len(many))
	}
}

// The poller learns from the first visit, and remembers for an article that comes alone.
func TestVisitBoilerplate(t *testing.T) {
	const footer = "About us: the Harbour Gazette is printed every day but Sunday, by the people who write it."
	b := newBench(t)
	page := func(n int) string {
		return strings.Replace(pageOf(fmt.Sprint("Ferry ", n), fmt.Sprint("ferry number ", n)), "<p>English version", "<p>"+footer+"</p><p>English version", 1)
	}
	var entries []entryOf
	add := func(n int) {
		path := fmt.Sprintf("/news/%d", n)
		entries = append(entries, entryOf{fmt.Sprint("Ferry ", n), b.web.URL + path, fmt.Sprint("g", n), "Short."})
		b.web.text(path, "text/html", page(n))
	}
	for n := range 4 {
		add(n)
	}
	b.feed("1", entries...)
	o := b.visitOnce(t)
	if len(o.Articles) != 4 || len(o.Boilerplate) != 1 {
		t.Fatalf("%d articles, boilerplate %q", len(o.Articles), o.Boilerplate)
	}
	for _, a := range o.Articles {
		if strings.Contains(a.Text, "About us") || !strings.Contains(a.Text, "ferry number") {
			t.Errorf("text %q", a.Text)
		}
	}
	add(9)
	b.feed("2", entries...)
	o = b.visitOnce(t)
	if len(o.Articles) != 1 || strings.Contains(o.Articles[0].Text, "About us") || !slices.Equal(o.Boilerplate, b.row(1).Boilerplate) {
		t.Errorf("alone: %+v", o.Articles)
	}
	// A page that is looked at again has not changed because its footer is known by now.
	was := o.Articles[0]
	was.Text += "\n" + footer
	b.desk.mu.Lock()
	b.desk.articles[1][was.Key] = was
	b.desk.shown = map[string]Recheck{was.Key: {}}
	b.desk.mu.Unlock()
	if o = b.visitOnce(t); !o.NotModified || len(o.Checked) != 1 || len(o.Articles) != 0 {
		t.Errorf("looked at again: %+v", o.Articles)
	}
	b.web.on("/news/9", http.NotFound)
	if o = b.visitOnce(t); o.Checked[0].State != PageMissing {
		t.Errorf("checked %+v", o.Checked)
	}
}
