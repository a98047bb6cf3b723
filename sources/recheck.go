package sources

import (
	"context"
	"slices"
	"strings"
)

const (
	// maxRechecks is how many articles one visit looks at again.
	maxRechecks = 3
	// smallPart is how long a paragraph is, in letters, that says nothing of the article: how long ago, how many comments.
	smallPart = 60
)

// A Recheck is an article as it is stored, whose page is to be looked at again.
type Recheck struct {
	Article
	Withdrawn bool // its page was gone
}

// PageState is what became of a page that was looked at again.
type PageState int

const (
	PageUnknown PageState = iota // it could not be read this time
	PageThere
	PageMissing // 404: it may come back
	PageGone    // 410: the outlet says that it will not
)

// Checked is what came of a Recheck.
type Checked struct {
	Key   string
	State PageState
}

// recheck looks at the pages of articles again: at most maxRechecks, and none that the visit read or has no time for. A text
// of a page that changed makes a new revision; a shorter one does not: that is a page behind a wall now, mostly.
func (r *reading) recheck(ctx context.Context, list []Recheck, b boilerplate) (done []Checked) {
	for _, was := range list[:min(len(list), maxRechecks)] {
		if slices.ContainsFunc(r.articles, func(a Article) bool { return a.Key == was.Key }) {
			continue
		}
		is := was.Article
		is.Text = "" // so that any text of the page is taken
		p, read := r.page(ctx, &is, true)
		if !read {
			return done
		}
		c := Checked{was.Key, PageThere}
		switch {
		case p != nil && p.Code == codeNotFound:
			c.State = PageMissing
		case p != nil && p.Code == codeGone:
			c.State = PageGone
		case p != nil:
			c.State = PageUnknown
		case was.Withdrawn, was.Paged && rewritten(b.without(was.Text), b.without(is.Text)):
			if len(is.Text) > maxText {
				is.Text = shorten(is.Text)
			}
			r.articles = append(r.articles, is)
		}
		done = append(done, c)
	}
	return done
}

// rewritten reports whether a page says something else than it said, and not much less.
func rewritten(was, is string) bool {
	if float64(letters(is)) < wholePart*float64(letters(was)) {
		return false
	}
	long := func(s string) []string {
		return slices.DeleteFunc(strings.Split(s, "\n"), func(p string) bool { return letters(p) < smallPart })
	}
	return !slices.Equal(long(was), long(is))
}
