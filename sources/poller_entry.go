package sources

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// fullSummary and fullContent are how many letters make a feed's text pass for the whole article when nothing marks it
	// as cut: <description> holds a teaser mostly, <content:encoded> the article mostly. Han, kana and Hangul count thrice.
	fullSummary = 1500
	fullContent = 500
	// maxTitle is how much of a text stands in for a missing title, in letters.
	maxTitle = 100
	// pageTries is how often a page that cannot be read is tried again on later visits.
	pageTries = 3
	// tryMark parts an entry's hash from the number of times its page could not be read.
	tryMark = "?"
)

//go:embed poller_teasers.txt
var teaserEndings string

// teaserMarks are how cut texts end, in small letters.
var teaserMarks = func() []string {
	var marks []string
	for l := range strings.Lines(teaserEndings) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			marks = append(marks, strings.ToLower(l))
		}
	}
	return marks
}()

// maxMark is how many bytes of the end of a text are looked at for a mark.
var maxMark = func() (n int) {
	for _, m := range teaserMarks {
		n = max(n, len(m))
	}
	return n + utf8.UTFMax
}()

// A plainItem is an Item with its texts as people read them: making them is most of the work on an entry.
type plainItem struct {
	Item
	content, summary string // Text of Content and Summary
}

func plain(it Item) plainItem { return plainItem{it, Text(it.Content), Text(it.Summary)} }

// entry makes an article of what the feed alone says. cut is true when the
// feed carries less than the article.
func entry(it plainItem, lang string) (a Article, cut bool) {
	a = Article{GUID: it.ID, URL: it.Link, Title: oneLineText(it.Title), Author: it.Author, Published: it.Published, Updated: it.Updated, Lang: it.Lang}
	if a.Lang == "" {
		a.Lang = lang
	}
	a.Key = entryKey(it)
	content, summary := withoutAsides(it.content), withoutAsides(it.summary)
	limit := fullContent
	a.Text = content
	if len(summary) > len(content) {
		a.Text, limit = summary, fullSummary
	}
	if content == "" {
		limit = fullSummary
	}
	cut = letters(a.Text) < limit
	if stripped, marked := withoutTeaserMark(a.Text); marked {
		a.Text, cut = stripped, true
	}
	a.Text, a.Note, a.Credits = takeCredits(a.Text)
	if a.Title == "" {
		a.Title = titleOf(a.Text)
	}
	return a, cut
}

// entryKey is the name by which an entry is known again: its URL's key, else its GUID, else what it says.
func entryKey(it plainItem) string {
	u := it.Canonical
	if u == "" {
		u = it.Link
	}
	if u != "" {
		if k, err := Key(u); err == nil {
			return k
		}
	}
	if it.ID != "" {
		return "guid:" + it.ID
	}
	sum := sha256.Sum256([]byte(it.Title + "\x00" + it.summary + "\x00" + it.content))
	return "text:" + hex.EncodeToString(sum[:12])
}

// A keyedEntry has the name and the hash by which it is known again.
type keyedEntry struct {
	plainItem
	key   string
	other string // a name it may have been stored under instead; "" without one
	hash  string
	own   bool // its link is its own page, not one that it shares with other entries
}

// keyEntries names the entries of a feed. Of entries with the same name the
// newest is kept, the first when they do not tell. Entries that have titles of
// their own but link to one page (the front page, or places on a page of short
// news) are named by their GUIDs, or else their titles: by their link all but one would be lost.
func keyEntries(items []Item) []keyedEntry {
	stamps := stampsTrusted(items)
	all := make([]keyedEntry, 0, len(items))
	first := map[string]int{} // by key
	shared := map[string]bool{}
	for _, it := range items {
		p := plain(it)
		e := keyedEntry{plainItem: p, key: entryKey(p), hash: entryHash(p, stamps), own: true}
		if i, ok := first[e.key]; !ok {
			first[e.key] = len(all)
		} else if o := all[i]; (o.ID != it.ID || it.ID == "") && oneLineText(o.Title) != oneLineText(it.Title) {
			shared[e.key] = true
		}
		all = append(all, e)
	}
	out := all[:0]
	at := map[string]int{}
	for _, e := range all {
		if e.ID != "" {
			e.other = "guid:" + e.ID
		}
		if shared[e.key] || frontPage(e.Link) {
			if e.own = false; e.ID == "" {
				sum := sha256.Sum256([]byte(e.key + "\x00" + oneLineText(e.Title)))
				e.other = "text:" + hex.EncodeToString(sum[:12])
			}
			e.key, e.other = e.other, e.key
		}
		if e.other == e.key {
			e.other = ""
		}
		i, twice := at[e.key]
		switch {
		case !twice:
			at[e.key] = len(out)
			out = append(out, e)
		case stampOrder(e.Item).After(stampOrder(out[i].Item)):
			out[i] = e
		}
	}
	return out
}

// stampOrder is the latest time an entry gives.
func stampOrder(it Item) time.Time {
	if it.Updated.After(it.Published) {
		return it.Updated
	}
	return it.Published
}

// frontPage reports links to a site as a whole.
func frontPage(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == ""
}

// entryHash is of what the feed says of an entry. stamps is whether its time of updating is to be trusted.
func entryHash(it plainItem, stamps bool) string {
	h := sha256.New()
	w := bufio.NewWriterSize(h, hashPiece)
	for _, s := range []string{it.ID, it.Link, oneLineText(it.Title), it.content, it.summary, it.Author, stampOf(it.Published, true), stampOf(it.Updated, stamps)} {
		_, _ = w.WriteString(s) // a hash takes everything
		_ = w.WriteByte(0)
	}
	_ = w.Flush()
	return hex.EncodeToString(h.Sum(nil)[:16])
}

const hashPiece = 256 // bytes that are handed to a hash at once: a text as a whole would be copied for it

func stampOf(t time.Time, trusted bool) string {
	if t.IsZero() || !trusted {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// stampsTrusted is false for feeds that stamp all entries with the time the feed was made.
func stampsTrusted(items []Item) bool {
	count := map[int64]int{}
	for _, it := range items {
		if !it.Updated.IsZero() {
			if count[it.Updated.Unix()]++; count[it.Updated.Unix()] > 2 && 2*count[it.Updated.Unix()] > len(items) {
				return false
			}
		}
	}
	return true
}

// tries reads the number of failed readings off a stored hash.
func tries(stored string) (hash string, n int) {
	hash, mark, ok := strings.Cut(stored, tryMark)
	if ok {
		n, _ = strconv.Atoi(mark) // what is no number is none
	}
	return hash, n
}

// letters is the length of a text as a reader feels it.
func letters(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			n += 2
		}
	}
	return n
}

// withoutTeaserMark cuts "Read more", "[…]" and the like off the end of a text; marked says that there was one.
func withoutTeaserMark(t string) (string, bool) {
	marked := false
	for range 3 { // "[…] Read more »"
		rest := strings.TrimRightFunc(t, func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune("»>→›]})([{|", r)
		})
		cut := false
		end := rest[max(0, len(rest)-maxMark):]
		for end != "" && !utf8.RuneStart(end[0]) {
			end = end[1:]
		}
		lower := strings.ToLower(end)
		if len(lower) == len(end) { // else offsets differ; such letters stand in no mark
			for _, m := range teaserMarks {
				if before := rest[:max(0, len(rest)-len(m))]; strings.HasSuffix(lower, m) && boundary(before, m) {
					rest, cut = before, true
					break
				}
			}
		}
		if !cut {
			break
		}
		marked = true
		t = strings.TrimRightFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("[({", r) })
	}
	return t, marked
}

// boundary reports that a mark made of words begins at the start of a word and is all that its sentence says.
func boundary(before, mark string) bool {
	r, _ := utf8.DecodeRuneInString(mark)
	if !unicode.IsLetter(r) {
		return true
	}
	before = strings.TrimRight(before, " ")
	last, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || !unicode.IsLetter(last) && !unicode.IsDigit(last) && last != ',' || cjkLetter(r)
}

// titleOf is the beginning of a text, for entries without a title.
func titleOf(t string) string {
	t, _, _ = strings.Cut(t, "\n")
	if utf8.RuneCountInString(t) <= maxTitle {
		return t
	}
	r := []rune(t)[:maxTitle]
	s := string(r)
	if i := strings.LastIndexByte(s, ' '); i > len(s)/2 {
		s = s[:i]
	}
	return s + "…"
}

// readable reports whether an entry's page can be asked for at all.
func readable(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
