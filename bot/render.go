package bot

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
)

const (
	perMessage = 5 // stories: the default digest is one message of five

	// embedsMax keeps a message's embeds below Discord's 6000 characters in all, which counts titles, descriptions and
	// footers in UTF-16 units (its documentation, "Embed Limits"; the URL of a title is not counted).
	embedsMax      = 5900
	descriptionMax = 4000 // Discord: 4096
	titleMax       = 250  // Discord: 256
	nameMax        = 100  // of a digest, and of a forum's post (Discord's limit)
	tagsMax        = 5    // of a forum's post (Discord's limit)

	markerLetters = 10 // 50 bits: unique in a channel's history
)

// An embedded is an embed as Discord takes it.
type embedded struct {
	Title       string `json:"title,omitempty"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description"`
	Color       int    `json:"color"`
}

// A body is the JSON of "create message". The nonce is added when it is sent.
type body struct {
	Content    string          `json:"content"`
	Embeds     []embedded      `json:"embeds,omitempty"`
	Components []any           `json:"components,omitempty"`
	Mentions   allowedMentions `json:"allowed_mentions"`
}

type allowedMentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles,omitempty"`
}

// A post is the JSON of "start thread in forum".
type post struct {
	Name    string   `json:"name"`
	Tags    []string `json:"applied_tags"`
	Message any      `json:"message"`
}

// A Renderer turns digests into messages. It needs no connection. Use NewRenderer.
type Renderer struct {
	texts library
	lang  string
}

// NewRenderer returns a Renderer; lang is the language of texts where a digest names none, "" is English.
func NewRenderer(lang string) (*Renderer, error) {
	texts, err := readTexts()
	if err != nil {
		return nil, fmt.Errorf("read the message catalogue: %w", err)
	}
	return &Renderer{texts, lang}, nil
}

// Render makes the messages of a digest: a header, and an embed for each story. A story is never split; more than five,
// or more than a message holds, are several messages. What does not fit is left out in the order of cut. seed makes the
// markers unique.
func (w *Renderer) Render(d digest.Digest, seed string) ([]digest.Message, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return nil, fmt.Errorf("render digest: %w", err)
	}
	lang := d.Lang
	if lang == "" {
		lang = w.lang
	}
	r := renderer{d: d, t: w.texts.in(lang), day: d.Due.In(zone)}
	parts := r.pack()
	out := make([]digest.Message, len(parts))
	first := 0 // of the part's stories
	for i, embeds := range parts {
		marker := marker(seed, i)
		var request any = body{
			Content: r.header(i, len(parts), marker), Embeds: embeds, Components: r.buttons(first, first+len(embeds)),
			Mentions: allowedMentions{Parse: []string{}, Roles: r.roles(i)},
		}
		first += len(embeds)
		if t := d.Target; (t.Forum || len(t.Tags) > 0) && t.Thread == "" { // only forums have tags
			request = post{Name: r.postName(i, len(parts)), Tags: append([]string{}, t.Tags[:min(len(t.Tags), tagsMax)]...), Message: request}
		}
		raw, err := json.Marshal(request)
		if err != nil {
			return nil, fmt.Errorf("render digest: %w", err)
		}
		out[i] = digest.Message{Body: raw, Marker: marker}
	}
	return out, nil
}

// Render implements digest.Poster.
func (b *Bot) Render(d digest.Digest, seed string) ([]digest.Message, error) {
	return (&Renderer{b.texts, b.lang}).Render(d, seed)
}

// marker is a short word by which a message is found again in its channel.
func marker(seed string, part int) string {
	sum := sha256.Sum256([]byte(seed + "/" + strconv.Itoa(part)))
	return base32.StdEncoding.EncodeToString(sum[:])[:markerLetters]
}

// A renderer writes one digest in one language.
type renderer struct {
	d   digest.Digest
	t   catalogue
	day time.Time
	all bool // more bullets of a story: it stands alone
}

// roles returns the roles that a part mentions: the first part those of the schedule, but nobody is called for a quiet day.
// No command names more than rolesMost; of a row that another program wrote the others would need the room of the text.
func (r renderer) roles(part int) []string {
	if part > 0 || len(r.d.Stories) == 0 {
		return nil
	}
	return r.d.Target.Roles[:min(len(r.d.Target.Roles), rolesMost)]
}

// postName is the title of a forum's post, in which Discord reads no Markdown: name, day, part.
func (r renderer) postName(part, of int) string {
	name, rest := r.t.text("digest.title"), " · "+r.t.date(r.day)
	if !blank(r.d.Name) {
		name = strings.TrimSpace(r.d.Name)
	}
	if of > 1 {
		rest += " · " + r.t.text("digest.part", "n", strconv.Itoa(part+1), "of", strconv.Itoa(of))
	}
	return Clip(Plain(name), nameMax-units(rest)) + rest
}

// header is the message above the stories: name, day, how many; and in small letters how they were chosen.
func (r renderer) header(part, of int, marker string) string {
	name := r.t.text("digest.title")
	if !blank(r.d.Name) {
		name = Clip(Escape(strings.TrimSpace(r.d.Name)), nameMax)
	}
	facts := []string{"**" + name + "**", r.t.date(r.day)}
	if n := len(r.d.Stories); n > 0 {
		facts = append(facts, r.t.count("digest.stories", n))
	}
	if of > 1 {
		facts = append(facts, r.t.text("digest.part", "n", strconv.Itoa(part+1), "of", strconv.Itoa(of)))
	}
	lines := []string{strings.Join(facts, " · ")}
	if part == 0 {
		for _, role := range r.roles(part) {
			lines[0] += " <@&" + role + ">"
		}
		if len(r.d.Stories) == 0 {
			lines = append(lines, r.t.text("digest.quiet"))
		}
		if r.d.Missed > 0 {
			lines = append(lines, r.t.count("digest.missed", r.d.Missed))
		}
	}
	small := []string{}
	if len(r.d.Stories) > 0 {
		if part == 0 {
			small = append(small, r.t.text("digest.chosen",
				"stories", r.t.count("digest.stories", r.d.Considered), "sources", r.t.count("digest.sources", r.d.Outlets)))
		}
		small = append(small, r.engine())
	}
	if marker != "" {
		small = append(small, r.t.text("digest.ref")+" "+marker)
	}
	if !r.d.Corrected.IsZero() {
		small = append(small, r.corrected())
	}
	if len(small) == 0 {
		return strings.Join(lines, "\n")
	}
	return strings.Join(append(lines, "-# "+strings.Join(small, " · ")), "\n")
}

// corrected says when the digest was changed, by the channel's clock; on another day than the digest's with the day.
func (r renderer) corrected() string {
	at := r.d.Corrected.In(r.day.Location())
	when := at.Format("15:04")
	if at.YearDay() != r.day.YearDay() || at.Year() != r.day.Year() {
		when = r.t.date(at) + ", " + when
	}
	return r.t.text("digest.corrected", "time", when)
}

// engine says who wrote the lines: the outlets, a model, or both.
func (r renderer) engine() string {
	model, key := "", "digest.model"
	for _, s := range r.d.Stories {
		switch {
		case s.Engine == "" || s.Engine == "extractive":
			key = "digest.mixed"
		case model == "":
			model = s.Engine
		}
	}
	if model == "" {
		return r.t.text("digest.extractive")
	}
	return r.t.text(key, "engine", Clip(Escape(model), 60))
}

// buttons is the row below a part that shows the stories from first to before end: what is behind them is answered to who
// presses, from the stored delivery. A digest that is not one has none.
func (r renderer) buttons(first, end int) []any {
	if r.d.Delivery == 0 {
		return nil
	}
	at := fmt.Sprintf(":d:%d:%d:%d", r.d.Delivery, first, end)
	why := button(2, "why"+at, r.t.text("button.why"), false)
	if first == end { // a quiet day: why it is one
		return []any{rowOf(why)}
	}
	return []any{rowOf(button(2, "quotes"+at, r.t.text("button.quotes"), false), button(2, "sources"+at, r.t.text("button.sources"), false), why)}
}

// pack renders the stories, at most five a message. A message takes as many of the next stories as it holds when each
// is cut no deeper than where the words of a quote would go.
func (r renderer) pack() [][]embedded {
	if out := r.laid(); out != nil {
		return out
	}
	var out [][]embedded
	for rest := r.d.Stories; len(rest) > 0; {
		n := min(perMessage, len(rest))
		embeds, fits := r.fit(rest[:n], false)
		for ; !fits && n > 1; embeds, fits = r.fit(rest[:n], false) {
			n--
		}
		out, rest = append(out, embeds), rest[n:]
	}
	if len(out) == 0 {
		return [][]embedded{nil} // a quiet day has its message too
	}
	return out
}

// laid renders the stories of a digest that was posted before, as many a message as there are; nil when the digest names
// no layout. What is too long now is cut as deep as it takes: no story goes to another message.
func (r renderer) laid() [][]embedded {
	sum := 0
	for _, n := range r.d.Layout {
		if n < 0 || n > len(r.d.Stories)-sum {
			return nil
		}
		sum += n
	}
	if len(r.d.Layout) == 0 || sum != len(r.d.Stories) {
		return nil
	}
	out, rest := make([][]embedded, len(r.d.Layout)), r.d.Stories
	for i, n := range r.d.Layout {
		if n > 0 {
			out[i], _ = r.fit(rest[:n], true)
			rest = rest[n:]
		}
	}
	return out
}

// units is what Discord counts of an embed.
func (e embedded) units() int { return units(e.Title) + units(e.Description) }

// fit renders stories for one message. A story that is too long by itself is cut until it is not; then, while the
// message is too long, the longest story that can be is cut one step deeper; all: also where its quote goes. It reports
// whether the message fits.
func (r renderer) fit(stories []digest.Story, all bool) ([]embedded, bool) {
	cuts := make([]cut, len(stories))
	embeds := make([]embedded, len(stories))
	total := 0
	for i, s := range stories {
		embeds[i] = r.story(s, cuts[i])
		for units(embeds[i].Description) > descriptionMax {
			next, ok := cuts[i].deeper(len(r.bullets(s)))
			if !ok {
				break
			}
			cuts[i], embeds[i] = next, r.story(s, next)
		}
		total += embeds[i].units()
	}
	for total > embedsMax {
		longest := -1
		var step cut
		for i, e := range embeds {
			next, ok := cuts[i].deeper(len(r.bullets(stories[i])))
			if ok && (all || !next.quote) && (longest < 0 || e.units() > embeds[longest].units()) {
				longest, step = i, next
			}
		}
		if longest < 0 {
			return embeds, len(embeds) == 1
		}
		total -= embeds[longest].units()
		cuts[longest], embeds[longest] = step, r.story(stories[longest], step)
		total += embeds[longest].units()
	}
	return embeds, true
}
