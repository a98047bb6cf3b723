package bot

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"

	"golang.org/x/net/idna"
)

const (
	bulletsShown = 2   // of a story, in a digest
	bulletsAlone = 4   // of a story that stands alone; those after it mostly repeat its quotes
	bulletMax    = 700 // characters; a longer sentence gives way to the next one, unless it limits the lead
	limitingMax  = 1500
	refsShown    = 3   // numbers behind a bullet
	quoteMax     = 600 // characters of a quote's words; a longer quote gives way to the next one
	sourcesShown = 4   // names on the line of sources; the others are counted
	sourceMax    = 40  // characters of a source's name
	speakerMax   = 120 // characters of a speaker, and of each of office, venue and intermediary

	glue    = "\u00a0" // before a number, which never begins a line then
	linkMax = 800      // characters: two such links leave a story room for its words
)

// Colours of the bar beside a story, by who speaks in its lead article.
var tierColor = map[store.Tier]int{store.Official: 0x2b6cb0, store.Press: 0x718096, store.Research: 0x2f855a, store.StateMedia: 0xc05621}

// A cut says how much of a story is left out to make room. Its fields grow in this order: what proves and what limits
// is kept longest.
type cut struct {
	short   bool // links without their end anchors
	plain   int  // so many of the last bullets have numbers without links
	bullets int  // so many of the last bullets are dropped; never one that limits the lead
	gloss   bool // the quote has no translation, and no original
	names   bool // sources are named without links
	added   bool // bullets have nothing added in brackets
	quote   bool // the quote is dropped: only of a story that would not fit a message of its own
	bare    bool // numbers have no links; the headline keeps its own
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
	case !c.gloss:
		c.gloss = true
	case !c.names:
		c.names = true
	case !c.added:
		c.added = true
	case !c.quote:
		c.quote = true
	case !c.bare:
		c.bare = true
	default:
		return c, false
	}
	return c, true
}

// bullets returns those of a story that a digest shows: the first ones that are not too long. One that limits the lead
// ("… is not on the agenda") stands among them wherever it stood; it takes the place of the last.
func (r renderer) bullets(s digest.Story) []digest.Bullet {
	var out []digest.Bullet
	most := bulletsShown
	if r.all {
		most = bulletsAlone
	}
	for _, b := range s.Bullets {
		if units(b.Text) <= bulletMax && len(out) < most {
			out = append(out, b)
		}
	}
	limits := func(b digest.Bullet) bool { return b.Limits }
	i := slices.IndexFunc(s.Bullets, func(b digest.Bullet) bool { return b.Limits && units(b.Text) <= limitingMax })
	if i < 0 || slices.ContainsFunc(out, limits) {
		return out
	}
	return append(out[:min(len(out), most-1)], s.Bullets[i])
}

// story renders one story.
func (r renderer) story(s digest.Story, c cut) embedded {
	if s.Withdrawn {
		return embedded{Description: r.t.text("story.withdrawn"), Color: tierColor[store.Press]}
	}
	title := s.Headline
	if blank(title) && len(s.Sources) > 0 {
		title = s.Sources[0].Name
	}
	if s.Update {
		title = r.t.text("story.update") + ": " + title
	}
	e := embedded{Title: Clip(Escape(title), titleMax), URL: link(s.URL), Color: tierColor[store.Press]}
	if len(s.Sources) > 0 {
		if color, ok := tierColor[s.Sources[0].Tier]; ok {
			e.Color = color
		}
	}
	linked := map[int]bool{} // sources that a number leads to
	refs := func(list []digest.Ref, bare bool) string {
		var sb strings.Builder
		for i, ref := range list {
			if i == refsShown {
				break
			}
			target := r.target(s, ref, c.short)
			if bare || c.bare || target == "" {
				fmt.Fprintf(&sb, glue+`\[%d\]`, ref.Source)
				continue
			}
			linked[ref.Source] = true
			fmt.Fprintf(&sb, glue+"[[%d]](%s)", ref.Source, target)
		}
		return sb.String()
	}
	var lines []string
	shown := r.bullets(s)
	dropped := func(i int) bool { return i >= len(shown)-c.bullets && !shown[i].Limits }
	sides := map[string]bool{}
	for i, b := range shown {
		if b.Side != "" && !dropped(i) {
			sides[b.Side] = true
		}
	}
	for i, b := range shown {
		if dropped(i) {
			continue
		}
		if len(sides) < 2 {
			b.Side = "" // one alone would be told from nobody
		}
		lines = append(lines, "• "+r.bullet(s, b, c.added)+refs(b.Refs, i > 0 && i >= len(shown)-c.plain))
	}
	if !c.quote {
		if q, ok := r.quote(s, c); ok {
			at := ""
			if q.Original != nil {
				at = refs([]digest.Ref{q.Original.Ref}, false)
			}
			block := r.words(q, at)
			lines = append(lines, block, "> — "+r.speaker(q)+refs([]digest.Ref{q.Ref}, false))
		}
	}
	if len(s.Changed) > 0 {
		lines = append(lines, "-# "+r.changed(s))
	}
	lines = append(lines, "-# "+r.sources(s, linked, c.names))
	e.Description = strings.Join(lines, "\n")
	return e
}

// target is where a number leads: to its sentence, or to its article when that link is too long.
func (r renderer) target(s digest.Story, ref digest.Ref, short bool) string {
	candidates := []string{ref.URL, ref.Short}
	if short {
		candidates = candidates[1:]
	}
	if i := ref.Source - 1; 0 <= i && i < len(s.Sources) {
		candidates = append(candidates, s.Sources[i].URL)
	}
	for _, raw := range candidates {
		if u := readable(link(raw)); u != "" && units(u) <= linkMax {
			return u
		}
	}
	return ""
}

// quote is the first quote that fits, without its original where that does not.
func (r renderer) quote(s digest.Story, c cut) (digest.Quote, bool) {
	length := func(words []string) (n int) {
		for _, w := range words {
			n += units(w)
		}
		return n
	}
	for _, q := range s.Quotes {
		if n := length(q.Words); n == 0 || n > quoteMax {
			continue
		}
		if c.gloss {
			q.Translation, q.Original = "", nil
		}
		if q.Original != nil {
			if n := length(q.Original.Words); n == 0 || n > quoteMax {
				q.Original = nil
			}
		}
		return q, true
	}
	return digest.Quote{}, false
}

// words is the block of a quote's words. They are the article's, character for character; EscapeLines only adds backslashes
// and zero-width spaces. Where it would have to do more to any of them, they all stand without marks, and so does a
// post, which its writer did not say. Words that are a translation stand below those which they translate, where an article
// has them (at leads there); below all stands what they say in the reader's language: a model's words, without marks.
func (r renderer) words(q digest.Quote, at string) string {
	block := quotation(q.Words, r.t.text("quote.open"), r.t.text("quote.close"), q.Post || !faithful(q.Words))
	if q.Original != nil {
		block = r.original(q.Original, at) + "\n*" + r.t.text("quote.translated") + ":* " + block
	}
	block = "> " + strings.ReplaceAll(block, "\n", "\n> ")
	if !blank(q.Translation) {
		block += "\n> *" + r.t.text("quote.gloss") + ":* " + Clip(Escape(q.Translation), quoteMax)
	}
	return block
}

// speaker is the line below a quote: who, in which office, where, through whom.
func (r renderer) speaker(q digest.Quote) string {
	show := func(s string) string { return Clip(Escape(s), speakerMax) }
	parts := []string{"*" + r.t.text("quote.unattributed") + "*"}
	if !blank(q.Speaker) {
		parts[0] = "**" + show(q.Speaker) + "**"
	}
	for _, s := range []string{q.Role, q.Venue} {
		if !blank(s) {
			parts = append(parts, show(s))
		}
	}
	if q.Post {
		parts = append(parts, r.t.text("quote.post"))
	}
	if !blank(q.Via) {
		parts = append(parts, r.t.text("quote.via", "via", show(q.Via)))
	}
	if q.Translated && q.Original == nil { // else it stands before the words
		parts = append(parts, "*"+r.t.text("quote.translated")+"*")
	}
	return strings.Join(parts, ", ")
}

// changed says which outlets changed their articles after the digest was posted, by the names of their sources, at most as
// many as the line of sources has.
func (r renderer) changed(s digest.Story) string {
	var names []string
	for _, n := range s.Changed {
		if n < 1 || n > len(s.Sources) || len(names) == sourcesShown {
			continue
		}
		names = append(names, Escape(Clip(sourceName(s.Sources[n-1]), sourceMax)))
	}
	return r.t.text("story.changed", "sources", strings.Join(names, ", "))
}

// sourceName is the name of a source, or its host where it has none.
func sourceName(src digest.Source) string {
	if blank(src.Name) {
		return host(src.URL)
	}
	return src.Name
}

// labels say what kind of source it is, where readers must know, and that its article was withdrawn.
func (t catalogue) labels(src digest.Source) (out string) {
	if label := t.text("tier." + string(src.Tier)); label != "" {
		out = " *(" + label + ")*"
	}
	if src.Withdrawn {
		out += " *(" + t.text("source.withdrawn") + ")*"
	}
	return out
}

// sources is the last line of a story: its numbered articles, who of them speaks officially, how many outlets carry it.
// A source that a number above links to (linked) needs no link of its own; bare leaves out the others' links too.
func (r renderer) sources(s digest.Story, linked map[int]bool, bare bool) string {
	var names []string
	for i, src := range s.Sources {
		if i == sourcesShown {
			break
		}
		name := sourceName(src)
		u := readable(link(src.URL))
		if u != "" && units(u) <= linkMax && !bare && !linked[i+1] {
			name = "[" + Escape(Clip(brackets.Replace(name), sourceMax)) + "](" + u + ")"
		} else {
			name = Escape(Clip(name, sourceMax))
		}
		name += r.t.labels(src)
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

// brackets keeps the label of a link whole: Discord looks for its end without regard to backslashes.
var brackets = strings.NewReplacer("[", "(", "]", ")")

// linkEscapes are the characters that would end a link or be Markdown in it, or that no URL has. "~" stays: a text
// fragment begins with ":~:", and nothing else.
var linkEscapes = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\\", "%5C", "*", "%2A", "|", "%7C", "`", "%60",
	"\"", "%22", "^", "%5E", "{", "%7B", "}", "%7D", "[", "%5B", "]", "%5D")

// link is a URL in ASCII that may stand in a Markdown link and in an embed, or "" when it is none that a reader should
// follow: of another scheme than the web's, or with a user's name or password in it.
func link(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || !utf8.ValidString(raw) {
		return ""
	}
	at := strings.Index(raw, "//") + 2
	end := at + strings.IndexAny(raw[at:]+"/", "/?#")
	host := raw[at:end]
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII || r == '%' }) {
		if host, err = idna.Lookup.ToASCII(u.Hostname()); err != nil {
			return ""
		}
		if p := u.Port(); p != "" {
			host += ":" + p
		}
	}
	var rest strings.Builder
	for i := end; i < len(raw); i++ {
		b := raw[i]
		if b <= ' ' || b >= 0x7f || b == '%' && !isEscape(raw[i:]) {
			fmt.Fprintf(&rest, "%%%02X", b)
			continue
		}
		rest.WriteByte(b)
	}
	return u.Scheme + "://" + host + linkEscapes.Replace(rest.String())
}

// isEscape reports whether s begins with a percent sign and two hexadecimal digits.
func isEscape(s string) bool {
	if len(s) < 3 {
		return false
	}
	_, err := strconv.ParseUint(s[1:3], 16, 8)
	return err == nil
}

// host is the host of a URL, "" when there is none.
func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// readable writes the letters and digits of a link as themselves: a Cyrillic letter is one of Discord's characters
// instead of six. A browser percent-encodes them again; what means something in a URL stays as it is.
func readable(link string) string {
	var sb strings.Builder
	for i := 0; i < len(link); {
		j := i
		var raw []byte
		for len(raw) < utf8.UTFMax && j+2 < len(link) && link[j] == '%' {
			n, err := strconv.ParseUint(link[j+1:j+3], 16, 8)
			if err != nil || n < 0x80 || len(raw) > 0 && n >= 0xc0 {
				break
			}
			raw, j = append(raw, byte(n)), j+3
			if utf8.FullRune(raw) {
				break
			}
		}
		r, size := utf8.DecodeRune(raw)
		if size > 1 && size == len(raw) && (unicode.IsLetter(r) || unicode.IsDigit(r)) && !text.Invisible(r) {
			sb.WriteRune(r)
			i = j
			continue
		}
		sb.WriteByte(link[i])
		i++
	}
	return sb.String()
}
