package digest

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"attache/internal/store"
	"attache/internal/story"

	"golang.org/x/net/publicsuffix"
)

const (
	// docsMax is how many articles of a story are briefed: what is beyond repeats it (see candidate.docs).
	docsMax = 12
	// articlesMax is how many articles of a story are looked at, the newest: each is compared with the others (some 50 ms).
	articlesMax = 300
)

// An article of a candidate.
type article struct {
	store.Listed
	outlet string    // whose it is; see outletOf
	at     time.Time // published, or first seen where that was earlier
	set    story.Set
	group  int  // of near copies, from 0
	copied bool // an earlier one of the story has it already
	told   bool // the channel has read a brief made of it
}

// A candidate is a story that a digest considers.
type candidate struct {
	id       int64
	all      []int64   // the guild's articles of it
	name     string    // the title of one of them
	articles []article // those that the filter lets through, oldest first
	groups   int       // of near copies
	outlets  []string  // independent ones: each wrote what it did not copy from another
	newest   time.Time
	fresh    int // articles since the last digest, copies left out
	quotes   int // with a speaker, those of copies left out
	inTitle  bool
	update   bool

	score float64
	parts map[string]float64
	out   string // why it cannot be chosen, a Wording as it is stored; "" when it can
}

// outletOf says whose article it is. Two feeds of one site are one outlet; of official sources each host is one, because
// whole governments and unions share a domain. Where the URL has no domain the source is the outlet.
func outletOf(l store.Listed) string {
	u, err := url.Parse(l.URL)
	if err != nil {
		return strconv.FormatInt(l.Source, 10)
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if host == "" || net.ParseIP(host) != nil || !strings.Contains(host, ".") {
		return strconv.FormatInt(l.Source, 10)
	}
	if l.Tier == store.Official {
		return host
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return site
	}
	return host
}

// newCandidate looks at a story: which articles are copies, who carries it on their own.
func (s *Service) newCandidate(st store.Story, f *filter, told map[int64]bool, since time.Time) *candidate {
	c := &candidate{id: st.ID, name: st.Articles[0].Title, parts: map[string]float64{}}
	for _, l := range st.Articles {
		c.all = append(c.all, l.ID)
		if l.Withdrawn || !f.article(l) {
			continue
		}
		at := l.Published
		if l.Seen.Before(at) {
			at = l.Seen
		}
		c.articles = append(c.articles, article{Listed: l, outlet: outletOf(l), at: at, told: told[l.ID]})
		if at.After(c.newest) {
			c.newest = at
		}
	}
	slices.SortFunc(c.articles, func(a, b article) int {
		if n := a.at.Compare(b.at); n != 0 {
			return n
		}
		return int(a.ID - b.ID)
	})
	if n := len(c.articles); n > articlesMax {
		c.articles = c.articles[n-articlesMax:]
	}
	s.findCopies(c)
	for _, a := range c.articles {
		if !a.copied && (!a.at.Before(since) || !a.Seen.Before(since)) {
			c.fresh++
		}
	}
	return c
}

// findCopies groups near copies, and counts each group for the outlet that had it first.
func (s *Service) findCopies(c *candidate) {
	first := []int{} // of each group
	for i := range c.articles {
		a := &c.articles[i]
		a.set = s.shingles.of(a.Article)
		a.group = -1
		for g, k := range first {
			if a.set.Copies(c.articles[k].set) {
				a.group, a.copied = g, true
				break
			}
		}
		if a.group < 0 {
			a.group = len(first)
			first = append(first, i)
			if !slices.Contains(c.outlets, a.outlet) {
				c.outlets = append(c.outlets, a.outlet)
			}
		}
	}
	c.groups = len(first)
}

// better orders articles by how well each speaks for its group of copies: official first, then the fullest text.
func better(a, b article) int {
	if d := tierWeight[b.Tier] - tierWeight[a.Tier]; d != 0 && (a.Tier == store.Official || b.Tier == store.Official) {
		return sign(d)
	}
	if d := len(b.Text) - len(a.Text); d != 0 {
		return d
	}
	return int(a.ID - b.ID)
}

func sign(f float64) int {
	switch {
	case f < 0:
		return -1
	case f > 0:
		return 1
	}
	return 0
}

// docs returns the articles to be briefed: of each group of copies the best, of an update only what is new. At most
// docsMax, every outlet in its turn, official sources first, the newest of each first.
func (c *candidate) docs() []article {
	best := map[int]article{}
	read := c.readGroups()
	for _, a := range c.articles {
		if c.update && read[a.group] || a.Text == "" {
			continue
		}
		if b, ok := best[a.group]; !ok || better(a, b) < 0 {
			best[a.group] = a
		}
	}
	byOutlet := map[string][]article{}
	var order []string
	for g := range c.groups {
		a, ok := best[g]
		if !ok {
			continue
		}
		if byOutlet[a.outlet] == nil {
			order = append(order, a.outlet)
		}
		byOutlet[a.outlet] = append(byOutlet[a.outlet], a)
	}
	for _, list := range byOutlet {
		slices.SortStableFunc(list, func(a, b article) int { return b.at.Compare(a.at) })
	}
	slices.SortStableFunc(order, func(a, b string) int {
		return sign(tierWeight[byOutlet[b][0].Tier] - tierWeight[byOutlet[a][0].Tier])
	})
	var out []article
	for turn := 0; ; turn++ {
		any := false
		for _, o := range order {
			if turn < len(byOutlet[o]) && len(out) < docsMax {
				out, any = append(out, byOutlet[o][turn]), true
			}
		}
		if !any {
			return out
		}
	}
}

// title is what names a candidate before it has a brief.
func (c *candidate) title() string {
	if len(c.articles) == 0 {
		return c.name
	}
	best := c.articles[0]
	for _, a := range c.articles[1:] {
		if d := tierWeight[a.Tier] - tierWeight[best.Tier]; d > 0 || d == 0 && a.at.After(best.at) {
			best = a
		}
	}
	return best.Title
}

// oneSided reports whether only one side speaks: every article that is no copy is official or state media, of one outlet
// or of one country.
func (c *candidate) oneSided() bool {
	sides := map[string]bool{}
	seen := map[int]bool{}
	for _, a := range c.articles {
		partial := a.Tier == store.Official || a.Tier == store.StateMedia
		if seen[a.group] && !partial {
			continue // press that copied a statement adds no voice
		}
		if !partial {
			if c.statement(a.group) {
				continue
			}
			return false
		}
		seen[a.group] = true
		side := a.Country
		if side == "" {
			side = "outlet " + a.outlet
		}
		sides[side] = true
	}
	return len(sides) == 1
}

// statement reports whether a group of copies has an official or state original among it.
func (c *candidate) statement(group int) bool {
	for _, a := range c.articles {
		if a.group == group && (a.Tier == store.Official || a.Tier == store.StateMedia) {
			return true
		}
	}
	return false
}

// readGroups are the groups of copies of which the channel has read one.
func (c *candidate) readGroups() map[int]bool {
	read := map[int]bool{}
	for _, a := range c.articles {
		if a.told {
			read[a.group] = true
		}
	}
	return read
}

// grown reports whether a story that the channel has read has grown enough to come back: what is new and no copy of what
// was read comes from an official source or from two outlets. has says whether there was anything read of it.
func (c *candidate) grown(toldStory bool) (has, enough bool, added int) {
	read := c.readGroups()
	known := 0
	for _, a := range c.articles {
		if a.told {
			known++
		}
	}
	// A story that was regrouped under another id is known by its articles.
	if has = toldStory || 2*known >= max(1, len(c.articles)) && known > 0; !has {
		return false, false, 0
	}
	outlets := map[string]bool{}
	for _, a := range c.articles {
		if read[a.group] {
			continue
		}
		added++
		outlets[a.outlet] = true
		enough = enough || a.Tier == store.Official
	}
	return true, enough || len(outlets) >= 2, added
}

// shingleCache keeps the shingles of articles: many schedules fall due at the same hour and look at the same ones.
type shingleCache struct {
	mu   sync.Mutex
	sets map[[2]int64]story.Set
}

// shinglesKept bounds the cache: some 2 KB each for a text of 1,000 words.
const shinglesKept = 20_000

func (c *shingleCache) of(a store.Article) story.Set {
	key := [2]int64{a.ID, int64(a.Revision)}
	c.mu.Lock()
	set, ok := c.sets[key]
	c.mu.Unlock()
	if ok {
		return set
	}
	set = story.Shingles(a.Text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sets == nil || len(c.sets) >= shinglesKept {
		c.sets = map[[2]int64]story.Set{}
	}
	c.sets[key] = set
	return set
}
