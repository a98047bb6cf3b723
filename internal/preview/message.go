// Package preview shows messages as their readers in Discord would see them,
// without Discord: on a terminal, and as a page that a browser can draw.
//
// It reads the very JSON that is sent, so that what it shows is what was said.
// It sends nothing and stores nothing.
package preview

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Message is what readers see of the JSON body of "create message" (Discord API v10).
type Message struct {
	Content string  `json:"content"`
	Embeds  []Embed `json:"embeds"`
}

// An Embed is the part of Discord's embed object that digests use.
type Embed struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	Description string `json:"description"`
	Color       int    `json:"color"` // 0xRRGGBB
}

// Decode reads a message's JSON body.
func Decode(body []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("decode message: %w", err)
	}
	return m, nil
}

// A run is a stretch of text in one style.
type run struct {
	text         string
	bold, italic bool
	url          string
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
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0:
			sb.WriteByte(s[i+1])
			i += 2
		case strings.HasPrefix(s[i:], "**"):
			flush()
			style.bold = !style.bold
			i += 2
		case s[i] == '*':
			flush()
			style.italic = !style.italic
			i++
		case s[i] == '[':
			label, url, n := cutLink(s[i:])
			if n == 0 {
				sb.WriteByte('[')
				i++
				continue
			}
			flush()
			for _, r := range inline(label) {
				r.url, r.bold, r.italic = url, r.bold || style.bold, r.italic || style.italic
				runs = append(runs, r)
			}
			i += n
		case strings.HasPrefix(s[i:], "\u200b"): // shows nothing
			i += len("\u200b")
		default:
			sb.WriteByte(s[i])
			i++
		}
	}
	flush()
	return runs
}

// cutLink reads "[label](url)" at the start of s and returns its length, 0 when there is no link.
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
			return s[1:i], s[i+2 : i+end], i + end + 1
		}
	}
	return "", "", 0
}
