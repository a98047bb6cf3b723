// Package newsroom is the sample press of the demo: a handful of invented
// outlets that are served on loopback as real ones are on the web, with feeds
// of every kind, one of them damaged, and pages behind teasers.
//
// The samples are files: a folder for each outlet, outlet.txt and one file for
// each article. They were written for this purpose. Places are real; the
// people, outlets and events are not. Files are read again at each request, so
// a sample that is edited or added is news at the next visit.
package newsroom

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed samples
var samples embed.FS

// Samples returns the embedded samples: folders of outlets.
func Samples() fs.FS {
	sub, err := fs.Sub(samples, "samples")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded above
	}
	return sub
}

// Copy writes the embedded samples to a folder, keeping files that are there.
func Copy(dir string) error {
	return fs.WalkDir(Samples(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := path.Join(dir, p)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		if _, err := os.Stat(to); err == nil {
			return nil
		}
		b, err := fs.ReadFile(Samples(), p)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	})
}

// An Outlet is one folder of samples.
type Outlet struct {
	ID      string // the folder's name
	Name    string
	Kind    string // of its feed: rss, atom, rdf or json
	Lang    string // ISO 639-1
	Tier    string // official, press, research or state
	Country string
	Topics  []string
	Teaser  bool // the feed carries the first sentence only; the rest is on the page
	Damaged bool // the feed is broken in ways that real ones are
}

// An Article is one file of an outlet. Its text holds no markup; paragraphs are lines.
type Article struct {
	Slug   string // the file's name without .txt
	Title  string
	Author string
	Teaser string        // "": the first paragraph
	Note   string        // stands as the last line, as translation notes do
	Post   []string      // an embedded post: lines, the last one its signature
	After  int           // paragraphs before the post
	Age    time.Duration // before the newsroom opened
	Paras  []string
}

// Outlets reads the outlets of a folder of samples, by name.
func Outlets(dir fs.FS) ([]Outlet, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	var out []Outlet
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		head, _, err := readFile(dir, path.Join(e.Name(), "outlet.txt"))
		if err != nil {
			return nil, err
		}
		out = append(out, Outlet{
			ID: e.Name(), Name: head["name"], Kind: head["feed"], Lang: head["language"], Tier: head["tier"], Country: head["country"],
			Topics: strings.Fields(head["topics"]), Teaser: head["teaser"] == "yes", Damaged: head["damaged"] == "yes",
		})
	}
	return out, nil
}

// Articles reads the articles of an outlet, newest first. opened is when the newsroom opened: {weekday}, {weekday-1} and
// the like in a text become the names of that day, {date-1} its date.
func Articles(dir fs.FS, o Outlet, opened time.Time) ([]Article, error) {
	files, err := fs.Glob(dir, o.ID+"/*.txt")
	if err != nil {
		return nil, err
	}
	var out []Article
	for _, f := range files {
		if path.Base(f) == "outlet.txt" {
			continue
		}
		head, paras, err := readFile(dir, f)
		if err != nil {
			return nil, err
		}
		a := Article{
			Slug: strings.TrimSuffix(path.Base(f), ".txt"), Title: head["title"], Author: head["author"], Teaser: head["teaser"],
			Note: head["note"], Paras: paras,
		}
		if head["age"] != "" {
			if a.Age, err = time.ParseDuration(head["age"]); err != nil {
				return nil, fmt.Errorf("%s: age: %w", f, err)
			}
		}
		if head["post"] != "" {
			a.Post = strings.Split(head["post"], " / ")
			if a.After, err = strconv.Atoi(head["post-after"]); err != nil || a.After > len(paras) {
				return nil, fmt.Errorf("%s: post-after is %q; write after how many paragraphs the post stands", f, head["post-after"])
			}
		}
		if a.Title == "" || len(paras) == 0 {
			return nil, fmt.Errorf("%s: an article needs a title and a text", f)
		}
		day := opened.Add(-a.Age)
		fill := filler(o.Lang, day)
		a.Title, a.Teaser = fill(a.Title), fill(a.Teaser)
		for i := range a.Paras {
			a.Paras[i] = fill(a.Paras[i])
		}
		for i := range a.Post {
			a.Post[i] = fill(a.Post[i])
		}
		out = append(out, a)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Age < out[j].Age })
	return out, nil
}

// readFile reads "key: value" lines, a blank line, and paragraphs.
func readFile(dir fs.FS, name string) (head map[string]string, paras []string, err error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("read sample: %w", err)
	}
	defer f.Close()
	head = map[string]string{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	body := false
	for n := 1; sc.Scan(); n++ {
		l := strings.TrimSpace(sc.Text())
		switch {
		case l == "":
			body = true
		case body:
			paras = append(paras, l)
		default:
			k, v, ok := strings.Cut(l, ":")
			if !ok {
				return nil, nil, fmt.Errorf("%s:%d: write \"key: value\", or a blank line before the text", name, n)
			}
			head[k] = strings.TrimSpace(v)
		}
	}
	return head, paras, sc.Err()
}

var weekdays = map[string][]string{
	"en": {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	"de": {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
	"fr": {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
}

var months = map[string][]string{
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	"de": {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
}

// filler replaces {weekday±n} and {date±n} (day and month) by the names of a day near the article's.
func filler(lang string, day time.Time) func(string) string {
	if weekdays[lang] == nil {
		lang = "en"
	}
	var pairs []string
	for n := -14; n <= 21; n++ {
		d := day.AddDate(0, 0, n)
		key := fmt.Sprintf("%+d", n)
		if n == 0 {
			key = ""
		}
		date := fmt.Sprintf("%d %s", d.Day(), months[lang][d.Month()-1])
		if lang == "de" {
			date = fmt.Sprintf("%d. %s", d.Day(), months[lang][d.Month()-1])
		}
		pairs = append(pairs, "{weekday"+key+"}", weekdays[lang][d.Weekday()], "{date"+key+"}", date)
	}
	return strings.NewReplacer(pairs...).Replace
}
