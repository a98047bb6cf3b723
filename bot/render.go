package bot

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

const (
	perMessage = 5 // stories: DESIGN's default digest is one message of five

	// embedsMax keeps a message's embeds below Discord's 6000 characters in all, which counts titles, descriptions and
	// footers in UTF-16 units (its documentation, "Embed Limits"; the URL of a title is not counted).
	embedsMax      = 5900
	descriptionMax = 4000 // Discord: 4096
	titleMax       = 250  // Discord: 256
	bulletsShown   = 2    // of a story, in a digest
	bulletMax      = 700  // characters; a longer sentence gives way to the next one
	quoteMax       = 600  // characters of a quote's words; a longer quote gives way to the next one
	sourcesShown   = 4    // names on the line of sources; the others are counted

	linkMax       = 800 // bytes: two such links leave a story room for its words
	markerLetters = 10  // 50 bits: unique in a channel's history
)

// Colours of the bar beside a story, by who speaks in its lead article.
var tierColor = map[store.Tier]int{store.Official: 0x2b6cb0, store.Press: 0x4a5568, store.Research: 0x2f855a, store.StateMedia: 0xc05621}

// An embedded is an embed as Discord takes it.
type embedded struct {
	Title       string `json:"title"`
	URL         string `json:"url,omitempty"`
	Description string `json:"description"`
	Color       int    `json:"color"`
}

// A body is the JSON of "create message". The nonce is added when it is sent.
type body struct {
	Content  string          `json:"content"`
	Embeds   []embedded      `json:"embeds,omitempty"`
	Mentions allowedMentions `json:"allowed_mentions"`
}

type allowedMentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles,omitempty"`
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

// Render makes the messages of a digest: a header, and an embed for each story. A story is never split; more than five
// are several messages. What does not fit is left out in DESIGN's order (see fit). seed makes the markers unique.
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
	for i, embeds := range parts {
		marker := marker(seed, i)
		raw, err := json.Marshal(body{
			Content: r.header(i, len(parts), marker), Embeds: embeds, Mentions: allowedMentions{Parse: []string{}, Roles: r.roles(i)},
		})
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
}

// roles returns the roles that the first part may mention.
func (r renderer) roles(part int) []string {
	if part > 0 {
		return nil
	}
	return r.d.Target.Roles
}

// header is the message above the stories: name, day, how many; and in small letters how they were chosen.
func (r renderer) header(part, of int, marker string) string {
	name := r.t.text("digest.title")
	if r.d.Name != "" {
		name = Clip(Escape(r.d.Name), 100)
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
		for _, role := range r.d.Target.Roles {
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
			small = append(small, r.t.text("digest.chosen", "n", strconv.Itoa(r.d.Considered), "outlets", strconv.Itoa(r.d.Outlets)))
		}
		small = append(small, r.engine())
	}
	small = append(small, r.t.text("digest.ref")+" "+marker)
	return strings.Join(append(lines, "-# "+strings.Join(small, " · ")), "\n")
}

// engine says who wrote the lines.
func (r renderer) engine() string {
	for _, s := range r.d.Stories {
		if s.Engine != "" && s.Engine != "extractive" {
			return r.t.text("digest.model", "engine", Clip(Escape(s.Engine), 60))
		}
	}
	return r.t.text("digest.extractive")
}

// A cut says how much of a story is left out to make room. Its fields grow in DESIGN's order.
type cut struct {
	short   bool // links without their end anchors
	plain   int  // so many of the last bullets have no link
	bullets int  // so many of the last bullets are dropped
	names   bool // sources are named without links
	quote   bool // the quote is dropped
}

// deeper returns the next deeper cut of a story of so many bullets, false when nothing is left to cut.
func (c cut) deeper(bullets int) (cut, bool) {
	switch {
	case !c.short:
		c.short = true
	case c.plain < bullets-1:
		c.plain++
	case c.bullets < bullets-1:
		c.bullets++
	case !c.names:
		c.names = true
	case !c.quote:
		c.quote = true
	default:
		return c, false
	}
	return c, true
}

// pack renders the stories, five a message, cut to fit. Stories that cannot be cut so far go into one more message;
// none is split.
func (r renderer) pack() [][]embedded {
	var out [][]embedded
	for rest := r.d.Stories; len(rest) > 0; {
		n := min(perMessage, len(rest))
		var message []embedded
		room := embedsMax
		for _, e := range r.fit(rest[:n]) {
			if size := e.units(); size > room && len(message) > 0 {
				out, message, room = append(out, message), nil, embedsMax
			}
			message, room = append(message, e), room-e.units()
		}
		out, rest = append(out, message), rest[n:]
	}
	if len(out) == 0 {
		return [][]embedded{nil} // a quiet day has its message too
	}
	return out
}

// units is what Discord counts of an embed.
func (e embedded) units() int { return units(e.Title) + units(e.Description) }

// fit renders stories for one message: while it is too long, the longest story that can be is cut one step deeper.
func (r renderer) fit(stories []digest.Story) []embedded {
	cuts := make([]cut, len(stories))
	embeds := make([]embedded, len(stories))
	for i, s := range stories {
		embeds[i] = r.story(s, cuts[i])
	}
	for {
		total, longest := 0, -1
		var next cut
		for i, e := range embeds {
			total += e.units()
			c, ok := cuts[i].deeper(len(r.bullets(stories[i])))
			if ok && (longest < 0 || e.units() > embeds[longest].units()) {
				longest, next = i, c
			}
		}
		fits := total <= embedsMax
		for _, e := range embeds {
			fits = fits && units(e.Description) <= descriptionMax
		}
		if fits || longest < 0 {
			return embeds
		}
		cuts[longest] = next
		embeds[longest] = r.story(stories[longest], next)
	}
}

// bullets returns those of a story that a digest shows: the first two that are not too long. A limiting one among the
// first three is never left out for a longer list.
func (r renderer) bullets(s digest.Story) []digest.Bullet {
	var out []digest.Bullet
	for _, b := range s.Bullets {
		if units(b.Text) <= bulletMax {
			out = append(out, b)
		}
		if len(out) == bulletsShown {
			break
		}
	}
	return out
}

// story renders one story.
func (r renderer) story(s digest.Story, c cut) embedded {
	title := s.Headline
	if s.Update {
		title = r.t.text("story.update") + ": " + title
	}
	e := embedded{Title: Clip(Escape(title), titleMax), URL: link(s.URL), Color: tierColor[store.Press]}
	if len(s.Sources) > 0 {
		if color, ok := tierColor[s.Sources[0].Tier]; ok {
			e.Color = color
		}
	}
	var lines []string
	shown := r.bullets(s)
	if c.bullets > 0 {
		shown = shown[:len(shown)-c.bullets]
	}
	for i, b := range shown {
		line := "• " + Escape(b.Text)
		if i < len(shown)-(c.plain-c.bullets) || i == 0 {
			line += refs(b.Refs, c.short)
		}
		lines = append(lines, line)
	}
	linked := map[int]bool{}
	for i, b := range shown {
		for _, ref := range b.Refs {
			linked[ref.Source] = linked[ref.Source] || i == 0 || i < len(shown)-(c.plain-c.bullets)
		}
	}
	if !c.quote {
		if q, lines2, ok := r.quote(s, c.short); ok {
			lines = append(lines, lines2...)
			linked[q.Ref.Source] = true
		}
	}
	lines = append(lines, r.sources(s, linked, c.names))
	e.Description = strings.Join(lines, "\n")
	return e
}

// refs are the numbers behind a bullet, each a link to the sentence that proves it.
func refs(list []digest.Ref, short bool) string {
	var sb strings.Builder
	for _, ref := range list {
		target := ref.URL
		if short {
			target = ref.Short
		}
		if target = link(target); target == "" {
			fmt.Fprintf(&sb, " \\[%d\\]", ref.Source)
			continue
		}
		fmt.Fprintf(&sb, " [[%d]](%s)", ref.Source, target)
	}
	return sb.String()
}

// quote renders the first quote that fits, in a block of its own. The words are the article's, character for character;
// Escape only adds backslashes and zero-width spaces. Words of which it would show less stand without marks.
func (r renderer) quote(s digest.Story, short bool) (digest.Quote, []string, bool) {
	for _, q := range s.Quotes {
		n := 0
		for _, w := range q.Words {
			n += units(w)
		}
		if n == 0 || n > quoteMax {
			continue
		}
		spans := make([]string, len(q.Words))
		for i, w := range q.Words {
			spans[i] = Escape(w)
			if !q.Post && Faithful(w) {
				spans[i] = r.t.text("quote.open") + spans[i] + r.t.text("quote.close")
			}
		}
		block := "> " + strings.ReplaceAll(strings.Join(spans, " … "), "\n", "\n> ")
		return q, []string{block, "> — " + r.speaker(q) + refs([]digest.Ref{q.Ref}, short)}, true
	}
	return digest.Quote{}, nil, false
}

// speaker is the line below a quote: who, in which office, where, through whom.
func (r renderer) speaker(q digest.Quote) string {
	who := "*" + r.t.text("quote.unattributed") + "*"
	if q.Speaker != "" {
		who = "**" + Escape(q.Speaker) + "**"
	}
	parts := []string{who}
	if q.Role != "" {
		parts = append(parts, Escape(q.Role))
	}
	if q.Venue != "" {
		parts = append(parts, Escape(q.Venue))
	}
	if q.Post {
		parts = append(parts, r.t.text("quote.post"))
	}
	if q.Via != "" {
		parts = append(parts, r.t.text("quote.via", "via", Escape(q.Via)))
	}
	if q.Translated {
		parts = append(parts, "*"+r.t.text("quote.translated")+"*")
	}
	return strings.Join(parts, ", ")
}

// sources is the last line of a story: its numbered articles, who of them speaks officially, how many outlets carry it.
// A source that a number above links to (linked) needs no link of its own; bare leaves out the others' links too.
func (r renderer) sources(s digest.Story, linked map[int]bool, bare bool) string {
	var names []string
	for i, src := range s.Sources {
		if i == sourcesShown {
			break
		}
		name := Escape(Clip(src.Name, 40))
		if u := link(src.URL); u != "" && !bare && !linked[i+1] {
			name = "[" + name + "](" + u + ")"
		}
		if label := r.t.text("tier." + string(src.Tier)); label != "" {
			name += " *(" + label + ")*"
		}
		names = append(names, strconv.Itoa(i+1)+" "+name)
	}
	if n := len(s.Sources) - sourcesShown; n > 0 {
		names = append(names, "+"+strconv.Itoa(n))
	}
	line := strings.Join(names, " · ") + " — " + r.t.count("story.outlets", max(1, s.Outlets))
	if s.OneSided {
		line += ", *" + r.t.text("story.onesided") + "*"
	}
	return line
}

// link is a URL that may stand in a Markdown link, or "" when it is none that a reader should follow.
func link(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || len(raw) > linkMax {
		return ""
	}
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "\n", "", "\\", "%5C", "*", "%2A", "|", "%7C").Replace(raw)
}
