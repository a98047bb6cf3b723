// Package preview shows messages as their readers in Discord would see them, without Discord: on a terminal, and as a
// page that a browser can draw.
//
// It reads the very JSON that is sent, so that what it shows is what was said: of Discord's Markdown what digests use
// (bold, italic, links, block quotes, small print, mentions), their buttons, and anything else as it stands. It sends nothing and
// stores nothing, and what it writes holds no control character of a message and no link but the web's.
package preview

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Message is what readers see of the JSON body of "create message" (Discord API v10).
type Message struct {
	Content string  `json:"content"`
	Embeds  []Embed `json:"embeds"`
	Files   []File  `json:"attachments"`
	Rows    []Row   `json:"components"`
}

// A File hangs on a message; what is seen of it is its name.
type File struct {
	Name string `json:"filename"`
}

// A Row is a row of buttons or a menu below a message, or an input of a form. They are drawn and do nothing: what they
// answer is Discord's to ask for.
type Row struct {
	Buttons []Button `json:"components"`
}

// A Button is the part of Discord's button object that is seen; of a menu, and of an input of a form, too.
type Button struct {
	Type     int      `json:"type"` // 3 is a menu, 4 an input, anything else a button
	Label    string   `json:"label"`
	Style    int      `json:"style"` // of a button: 1 is the main one, 3 green, 4 red; of an input: 2 is long
	Disabled bool     `json:"disabled"`
	Hint     string   `json:"placeholder"`
	Options  []Option `json:"options"`
	Value    string   `json:"value"`    // of an input: what stands in it
	Required bool     `json:"required"` // of an input
}

// An Option is a line of a menu.
type Option struct {
	Label   string `json:"label"`
	Default bool   `json:"default"`
}

// labels are what stands on the buttons of a row, without what steers a terminal or shows nothing; buttons without a
// word are left out. On a menu stands what is chosen in it, or what it asks for.
func (r Row) labels() []Button {
	var out []Button
	for _, b := range r.Buttons {
		if b.Type == menuType {
			b.Label = b.Hint
			for _, o := range b.Options {
				if o.Default {
					b.Label = o.Label
				}
			}
		}
		b.Value = oneLine(b.Value)
		if b.Label = oneLine(b.Label); b.Label != "" {
			out = append(out, b)
		}
	}
	return out
}

// menuType is Discord's type of a select menu.
const menuType = 3

// oneLine is a text of the client's own parts, which have no Markdown.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		switch {
		case c == '\t' || c == '\n':
			return ' '
		case hidden(c) || c == utf8.RuneError:
			return -1
		}
		return c
	}, s))
}

// An Embed is the part of Discord's embed object that digests use.
type Embed struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	Description string `json:"description"`
	Color       int    `json:"color"` // 0xRRGGBB
}

// Decode reads the JSON body of "create message", or of "start thread in forum", of which it takes the message.
func Decode(body []byte) (Message, error) {
	var request struct {
		Message
		Post *Message `json:"message"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return Message{}, fmt.Errorf("decode message: %w", err)
	}
	if request.Post != nil {
		return *request.Post, nil
	}
	return request.Message, nil
}

// A run is a stretch of text in one style.
type run struct {
	text         string
	bold, italic bool
	small        bool // of a line of small print
	mention      bool
	url          string // http or https
}

// A line is one line of a message.
type line struct {
	quote, small bool
	runs         []run
}

// lines reads the Markdown that digests use: bold, italic, links, block quotes, small print, and backslash escapes.
func lines(s string) []line {
	var out []line
	for _, l := range strings.Split(s, "\n") {
		var ln line
		if rest, ok := strings.CutPrefix(l, "> "); ok {
			ln.quote, l = true, rest
		}
		if rest, ok := strings.CutPrefix(l, "-# "); ok {
			ln.small, l = true, rest
		}
		ln.runs = inline(l)
		for i := range ln.runs {
			ln.runs[i].small = ln.small
		}
		out = append(out, ln)
	}
	return out
}

// inline reads the runs of one line.
func inline(s string) []run {
	var runs []run
	var sb strings.Builder
	style := run{}
	flush := func() {
		if sb.Len() > 0 {
			r := style
			r.text = sb.String()
			runs = append(runs, r)
			sb.Reset()
		}
	}
	for i := 0; i < len(s); {
		if n := escapeLen(s[i:]); n > 0 {
			if r, _ := utf8.DecodeRuneInString(s[i+1:]); !hidden(r) {
				sb.WriteRune(r)
			}
			i += n
			continue
		}
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "**") && (style.bold || closes(rest[2:], "**")):
			flush()
			style.bold = !style.bold
			i += 2
			continue
		case strings.HasPrefix(rest, "**"):
			sb.WriteString("**")
			i += 2
			continue
		case rest[0] == '*' && (style.italic || closes(rest[1:], "*")):
			flush()
			style.italic = !style.italic
			i++
			continue
		case rest[0] == '[':
			if label, url, n := cutLink(rest); n > 0 {
				flush()
				for _, r := range inline(label) {
					r.url, r.bold, r.italic = url, r.bold || style.bold, r.italic || style.italic
					runs = append(runs, r)
				}
				i += n
				continue
			}
		case rest[0] == '<':
			if shown, n := cutMention(rest); n > 0 {
				flush()
				runs = append(runs, run{text: shown, mention: true, bold: style.bold, italic: style.italic})
				i += n
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			sb.WriteByte(' ')
		case !hidden(r):
			sb.WriteRune(r)
		}
		i += n
	}
	flush()
	return runs
}

// escapeLen is the length of a backslash and the character it escapes at the start of s: any but letters, digits and
// white space; 0 when there is none.
func escapeLen(s string) int {
	if s[0] != '\\' {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s[1:])
	if n == 0 || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) {
		return 0
	}
	return 1 + n
}

// closes reports whether a mark that was opened before s is closed in it. A mark before white space opens nothing.
func closes(s, mark string) bool {
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsSpace(r) {
		return false
	}
	for i := 0; i < len(s); {
		if n := escapeLen(s[i:]); n > 0 {
			i += n
			continue
		}
		stars := len(s[i:]) - len(strings.TrimLeft(s[i:], "*"))
		switch {
		case stars == 0:
			i++
		case stars >= len(mark) && (mark == "**" || stars != 2):
			return i > 0
		default:
			i += stars
		}
	}
	return false
}

// cutLink reads "[label](url)" at the start of s and returns its length, 0 when there is no link that can be followed.
func cutLink(s string) (label, url string, n int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth > 0 {
				continue
			}
			if !strings.HasPrefix(s[i+1:], "(") {
				return "", "", 0
			}
			end := strings.IndexByte(s[i:], ')')
			if end < 0 {
				return "", "", 0
			}
			url := s[i+2 : i+end]
			if !followed(url) {
				return "", "", 0
			}
			return s[1:i], url, i + end + 1
		}
	}
	return "", "", 0
}

// followed reports whether a browser may be sent to url.
func followed(url string) bool {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || !utf8.ValidString(url) {
		return false
	}
	return !strings.ContainsFunc(url, func(r rune) bool { return unicode.IsSpace(r) || hidden(r) })
}

// cutMention reads "<@&id>" and its like at the start of s. Names are Discord's to know: what is shown is the kind.
func cutMention(s string) (shown string, n int) {
	for _, kind := range []struct{ prefix, shown string }{{"<@&", "@role"}, {"<@!", "@member"}, {"<@", "@member"}, {"<#", "#channel"}} {
		rest, ok := strings.CutPrefix(s, kind.prefix)
		if !ok {
			continue
		}
		id, _, ok := strings.Cut(rest, ">")
		if ok && id != "" && strings.Trim(id, "0123456789") == "" {
			return kind.shown, len(kind.prefix) + len(id) + 1
		}
	}
	return "", 0
}

// plainText is what is left of Markdown without its styles.
func plainText(s string) string {
	var sb strings.Builder
	for _, l := range lines(s) {
		for _, r := range l.runs {
			sb.WriteString(r.text)
		}
	}
	return sb.String()
}

// hidden reports whether r is left out of what is shown: control characters, those that turn the direction of what
// follows, and those that show nothing and join nothing.
func hidden(r rune) bool {
	switch {
	case r == 0x200b, r == 0x2028, r == 0x2029, 0x2060 <= r && r <= 0x2064, r == 0xfeff, 0xe0000 <= r && r <= 0xe0fff:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
