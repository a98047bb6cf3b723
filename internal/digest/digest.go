// Package digest decides what is due, what goes into a digest, and whether it was posted.
//
// A planner looks at the schedules every 15 seconds and at the moment of each slot. It inserts a delivery under the key
// (schedule, slot) and the job that carries it in one transaction; of the slots that were missed meanwhile only the newest
// gets one, and the others are counted in it and kept as skipped. Ten minutes before a slot another job has the briefs
// written that it will need. The job of a delivery composes the digest, stores it with its parts and with every story
// that was considered, and posts the parts in order: the intent is a row before each request, the message's id one after
// it. Rows are the truth; a job that is lost is made anew, and goes on where the rows say.
//
// # Ranking
//
// A candidate is a story of the guild's own sources with an article of the period: since the last digest that was posted,
// at least a day for the first one. Left out are stories that the schedule's filter does not let through, and those that
// the channel has read, unless articles of two outlets or of an official source came since that copy nothing of what was
// read: then it is an update, briefed of the new articles alone. The others are ranked by the sum of
//
//	outlets   log2(1 + n), n outlets that carry it on their own: of near copies (containment ≥ .5 of 4-word shingles)
//	          only the outlet that had it first counts, and two feeds of one site are one outlet
//	voice     its best source: official 1.0, research 0.6, press 0.5, state media 0.4
//	recency   2^(−age/h) of its newest article, h = 12 hours or half the period where that is longer
//	fresh     0.5 · min(1, n/4), n articles of the period that are no copies
//	quotes    0.4 · min(1, n/2), n quotations with a speaker
//	variety   0.4 · min(1, n/3), n further languages, tiers and countries beside the first of each
//	match     0.5 when what the filter asks for stands in a title
//
// so that a statement that a ministry alone published (1 + 1.0) weighs as much as a report of two newspapers (1.6 + 0.5):
// the number of outlets ranks, and never excludes. The best five are shown, or as many as the schedule says, and of
// stories that one outlet alone carries at most two fifths are of the same outlet while others have news. A story that seems
// to be the event of a better one in another language waits until nobody else has news (see echo.go). Equal scores fall to
// the newer story.
//
// # Answers
//
// What readers ask at any other time is answered from the same articles: stories about a country, a pair, a body, words
// (about.go), briefed through the same cache and checks (story.go); sentences that hold the words of a search or of a
// question, each with its link (search.go); quotes (said.go); and what they may mean while they type (suggest.go).
//
// The package sends nothing by itself (a Poster does) and opens no URL; and no link, name, time or order in a digest comes
// from a model or from the text of an article.
package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"attache/internal/store"
	"attache/summarize"
)

// A Digest is the briefs chosen for one channel at one time, ready to be rendered. It holds only
// what the store and checked briefs gave: links, names, times and order never come from a model or a text.
type Digest struct {
	Delivery   int64        `json:"delivery"`
	Schedule   int64        `json:"schedule"`
	Name       string       `json:"name"` // of the schedule, may be ""
	Guild      string       `json:"guild"`
	Target     store.Target `json:"target"`
	Lang       string       `json:"lang"` // of the reader
	Zone       string       `json:"zone"` // IANA
	Slot       string       `json:"slot"`
	Due        time.Time    `json:"due"`
	Missed     int          `json:"missed,omitempty"` // digests left out before this one, after downtime
	Since      time.Time    `json:"since"`            // news from then on was looked at
	Considered int          `json:"considered"`       // stories
	Outlets    int          `json:"outlets"`          // sources that brought something
	Stories    []Story      `json:"stories"`          // empty: a quiet day
	// Of a digest that was changed after it was posted: when it was, and how many stories each of its messages holds.
	Corrected time.Time `json:"corrected,omitzero"`
	Layout    []int     `json:"layout,omitempty"`
}

// shown is the revision of each article that the digest shows a bullet or quote of.
func (d Digest) shown() map[int64]int {
	out := map[int64]int{}
	for _, st := range d.Stories {
		take := func(r Ref) {
			if r.Revision > 0 {
				out[st.Sources[r.Source-1].Article] = r.Revision
			}
		}
		for _, b := range st.Bullets {
			for _, r := range b.Refs {
				take(r)
			}
		}
		for _, q := range st.Quotes {
			take(q.Ref)
			if q.Original != nil {
				take(q.Original.Ref)
			}
		}
	}
	return out
}

// A Story of a digest.
type Story struct {
	ID       int64    `json:"id"`
	Headline string   `json:"headline"`
	URL      string   `json:"url"`     // of the lead article
	Bullets  []Bullet `json:"bullets"` // most important first
	Quotes   []Quote  `json:"quotes"`
	Sources  []Source `json:"sources"`             // in order of first use; Bullet.Refs count from 1 into it
	Outlets  int      `json:"outlets"`             // independent outlets that carry it (near copies count once)
	OneSided bool     `json:"one_sided,omitempty"` // a single official source or state medium speaks
	Update   bool     `json:"update,omitempty"`    // the channel has read an earlier brief of it
	Engine   string   `json:"engine"`
	// Changed are the sources that changed after the digest was posted what it showed of them: what no longer stands there
	// was taken out, or replaced by what does.
	Changed []int `json:"changed,omitempty"`
	// Withdrawn says that nothing of the story is shown any more; of its other fields ID, Engine and Articles alone are set.
	Withdrawn bool    `json:"withdrawn,omitempty"`
	Articles  []int64 `json:"articles"` // all the guild's articles of it: what the channel is told once the digest is posted
}

// A Bullet with its evidence links.
type Bullet struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Lang   string `json:"lang,omitempty"`
	Limits bool   `json:"limits,omitempty"`
	// Side is the government that states it, ISO 3166-1 or "EU", where the story has two that speak of the same thing; else "".
	Side string               `json:"side,omitempty"`
	When []summarize.Resolved `json:"when,omitempty"` // days that words of Text mean; spans are bytes of Text
	Who  []summarize.Named    `json:"who,omitempty"`  // whom words of Text stand for
	Refs []Ref                `json:"refs"`           // the first is of the article by whose day When counts
}

// A Ref leads to the sentence that proves a bullet or quote.
type Ref struct {
	Source int    `json:"source"` // from 1, into Story.Sources
	URL    string `json:"url"`    // with a text fragment where one is unique, else the article's URL
	Short  string `json:"short"`  // the same with the start anchor alone, or the article's URL
	// Revision is that of the article; 0 in digests of programs that did not know it.
	Revision int `json:"revision,omitempty"`
	// Proof is the words that prove a bullet, where they are not the bullet's own.
	Proof string `json:"proof,omitempty"`
}

// A Quote, to be shown in a block of its own.
type Quote struct {
	ID    string   `json:"id"`
	Words []string `json:"words"` // spans of the article, character for character; joined by " … "
	Post  bool     `json:"post,omitempty"`
	// Translation is what the words say in the reader's language, "" when nobody translated them. Never between marks.
	Translation string    `json:"translation,omitempty"`
	Original    *Original `json:"original,omitempty"` // what Words are a translation of, where an article has it
	Speaker     string    `json:"speaker,omitempty"`
	Role        string    `json:"role,omitempty"`
	Venue       string    `json:"venue,omitempty"`
	Via         string    `json:"via,omitempty"`
	Translated  bool      `json:"translated,omitempty"`
	Lang        string    `json:"lang,omitempty"`
	Ref         Ref       `json:"ref"`
}

// A Source is an article of the story as the guild named its source.
type Source struct {
	Article   int64      `json:"article"`
	Name      string     `json:"name"`
	Tier      store.Tier `json:"tier"`
	Country   string     `json:"country,omitempty"`
	Lang      string     `json:"lang,omitempty"`
	URL       string     `json:"url"`
	Title     string     `json:"title"`
	Published time.Time  `json:"published"`
	Withdrawn bool       `json:"withdrawn,omitempty"` // taken back by its outlet
}

// A Message is one Discord message to be: the JSON body of "create message" (or, for a forum, of "start thread in forum"), without the nonce.
type Message struct {
	Body   json.RawMessage
	Marker string // stands in Body and nowhere else in the channel
}

// A Poster renders digests and brings them to Discord. Package bot fulfils it.
type Poster interface {
	// Render makes the messages of a digest; seed makes their markers unique (the delivery's id and slot).
	Render(d Digest, seed string) ([]Message, error)
	// Send posts one part with its nonce (enforced) and returns the id Discord gave the message.
	// Its errors are a *Refused, a *Later, or mean that it is not known whether the message was created.
	Send(ctx context.Context, p store.Part) (message string, err error)
	// Find looks for a part's marker among the channel's messages since p.FirstTry; "" and no error when it is not there,
	// ErrUnreadable when the channel's history may not be read.
	Find(ctx context.Context, p store.Part) (message string, err error)
}

// ErrUnreadable says that a channel's history may not be read.
var ErrUnreadable = errors.New("channel history cannot be read")

// Refused says that Discord will not take this message: trying again is of no use.
type Refused struct {
	Status  int    // HTTP
	Code    int    // Discord's, 0 when none
	Channel bool   // the channel is gone or closed to us (403, 404, 10003): pause the schedule
	Reason  string // a sentence for managers
}

func (e *Refused) Error() string {
	return fmt.Sprintf("discord refused (%d, code %d): %s", e.Status, e.Code, e.Reason)
}

// Later says that Discord asked for patience; nothing was created.
type Later struct{ After time.Duration }

func (e *Later) Error() string { return fmt.Sprintf("discord asks to wait %s", e.After) }
