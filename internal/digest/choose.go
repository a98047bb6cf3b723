package digest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"attache/internal/store"
	"attache/summarize"
	"attache/summarize/quote"
)

// A choice is which candidates a digest shows, and why not the others.
type choice struct {
	picked  []briefed
	reasons map[*candidate]string // Wordings as they are stored
	heads   map[*candidate]string // headlines of briefs
	alone   map[string]int        // stories that one outlet alone carries, by outlet
	echo    *echo
	share   int // most stories that one outlet alone carries, while others have news
}

// Why a candidate waits while others have news.
const (
	forOutlet = 1 << iota // its outlet has its share
	forEcho               // another story here seems to be the same event in another language
)

// waits says why a candidate is to wait, given those that are shown; 0 when it need not.
func (ch *choice) waits(c *candidate, shown []*candidate) (why int) {
	if len(c.outlets) == 1 && ch.alone[c.outlets[0]] >= ch.share {
		why |= forOutlet
	}
	if ch.echo.of(c, shown) != nil {
		why |= forEcho
	}
	return why
}

// choose takes the best candidates until the digest is full. An outlet that alone carries a story has two fifths of the
// digest at most, and an event that is shown in one language is not shown in another, while others have news; a story
// whose brief cannot be made gives way to the next.
func (s *Service) choose(ctx context.Context, cs []*candidate, quotes map[int64][]store.Quote, sched store.Schedule, due time.Time) choice {
	room := sched.Stories
	if room <= 0 {
		room = stories
	}
	ch := choice{reasons: map[*candidate]string{}, heads: map[*candidate]string{}, alone: map[string]int{}, echo: newEcho(cs), share: max(1, room*2/5)}
	tried := map[*candidate]bool{}
	waited := map[*candidate]int{}
	for len(ch.picked) < room && ctx.Err() == nil {
		var next []*candidate
		for _, may := range []int{0, forOutlet, forOutlet | forEcho} {
			shown := ch.shown()
			for _, c := range cs {
				if c.out != "" || tried[c] || len(ch.picked)+len(next) >= room {
					continue
				}
				why := ch.waits(c, shown)
				waited[c] |= why
				if why&^may != 0 {
					continue
				}
				if len(c.outlets) == 1 {
					ch.alone[c.outlets[0]]++
				}
				tried[c] = true
				next, shown = append(next, c), append(shown, c)
			}
			if len(next) > 0 {
				break // those that wait go on waiting
			}
		}
		if len(next) == 0 {
			break
		}
		for _, b := range s.briefAll(ctx, next, quotes, sched.Lang) {
			ch.add(b, waited[b.c], due)
		}
	}
	ch.order(cs)
	ch.explain(cs, waited, room, due)
	return ch
}

// shown are the candidates that were picked.
func (ch *choice) shown() []*candidate {
	out := make([]*candidate, len(ch.picked))
	for i, b := range ch.picked {
		out[i] = b.c
	}
	return out
}

// failedBrief is the reason of a story whose brief could not be made this time.
var failedBrief = Wording{Key: "out.failed"}.stored()

// add takes a candidate that was briefed, or says why there is no brief.
func (ch *choice) add(b briefed, waited int, due time.Time) {
	if b.err != nil {
		if len(b.c.outlets) == 1 {
			ch.alone[b.c.outlets[0]]--
		}
		ch.reasons[b.c] = failedBrief // the log says why
		if errors.Is(b.err, errNoBrief) {
			ch.reasons[b.c] = Wording{Key: "out.empty"}.stored()
		}
		return
	}
	ch.picked = append(ch.picked, b)
	ch.heads[b.c] = b.brief.Headline
	how := "chosen"
	switch {
	case b.c.update:
		how = "chosen.update"
	case waited&forEcho != 0:
		how = "chosen.echo"
	case waited&forOutlet != 0:
		how = "chosen.outlet"
	}
	ch.reasons[b.c] = b.c.because(how, due).stored()
}

// explain says of every other candidate why it is not shown.
func (ch *choice) explain(cs []*candidate, waited map[*candidate]int, room int, due time.Time) {
	shown, last := ch.shown(), ch.rankOfLast(cs)
	for i, c := range cs {
		switch {
		case ch.reasons[c] != "":
		case c.out != "":
			ch.reasons[c] = c.out
		case i < last && waited[c]&forEcho != 0 && ch.echo.of(c, shown) != nil:
			why := c.because("out.echo", due)
			why.Facts = map[string]string{"story": ch.heads[ch.echo.of(c, shown)]}
			ch.reasons[c] = why.stored()
		case i < last && waited[c]&forOutlet != 0:
			why := c.because("out.outlet", due)
			why.Facts = map[string]string{"outlet": c.articles[0].Name}
			why.Parts["stories"] = one(Wording{Key: "stories", N: ch.alone[c.outlets[0]]})
			ch.reasons[c] = why.stored()
		default:
			why := c.because("out.room", due)
			why.Facts = map[string]string{"rank": strconv.Itoa(i + 1), "room": strconv.Itoa(room)}
			ch.reasons[c] = why.stored()
		}
	}
}

// order puts what was picked into the order of its rank.
func (ch *choice) order(cs []*candidate) {
	by := map[*candidate]briefed{}
	for _, b := range ch.picked {
		by[b.c] = b
	}
	ch.picked = ch.picked[:0]
	for _, c := range cs {
		if b, ok := by[c]; ok {
			ch.picked = append(ch.picked, b)
		}
	}
}

// rankOfLast is the index of the last candidate that was picked.
func (ch *choice) rankOfLast(cs []*candidate) int {
	for i := len(cs) - 1; i >= 0; i-- {
		if _, ok := ch.heads[cs[i]]; ok {
			return i
		}
	}
	return -1
}

// rows are the candidates as they are stored.
func (ch *choice) rows(cs []*candidate) []store.Candidate {
	out := make([]store.Candidate, len(cs))
	for i, c := range cs {
		head, chosen := ch.heads[c]
		if !chosen {
			head = c.title()
		}
		out[i] = store.Candidate{Story: c.id, Rank: i + 1, Score: c.score, Chosen: chosen, Reason: ch.reasons[c], Headline: head, Parts: c.parts}
	}
	return out
}

func isPost(q summarize.Quote) bool { return q.Kind == quote.Post }

// withFragment adds a text fragment directive to a URL, which may have a fragment of its own.
func withFragment(url, directive string) string {
	if strings.Contains(url, "#") {
		return url + ":~:" + directive
	}
	return url + "#:~:" + directive
}
