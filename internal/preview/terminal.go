package preview

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
)

// Terminal draws a message for a terminal of so many columns. With color, styles are ANSI sequences and links are
// OSC 8 hyperlinks; without, the text stands alone.
func Terminal(m Message, columns int, color bool) string {
	t := terminal{color: color}
	t.block(m.Content, "", columns)
	for _, e := range m.Embeds {
		bar := t.bar(e.Color)
		t.sb.WriteByte('\n')
		t.wrap([]run{{text: plainText(e.Title), bold: true, url: e.URL}}, bar, columns)
		t.block(e.Description, bar, columns)
	}
	return t.sb.String()
}

type terminal struct {
	sb    strings.Builder
	color bool
}

// bar is what stands before each line of an embed.
func (t *terminal) bar(color int) string {
	if !t.color {
		return "| "
	}
	return fmt.Sprintf("\x1b[38;2;%d;%d;%dm▌\x1b[0m ", color>>16&255, color>>8&255, color&255)
}

func (t *terminal) block(markdown, prefix string, columns int) {
	if markdown == "" {
		return
	}
	for _, l := range lines(markdown) {
		p := prefix
		if l.quote {
			p += t.paint("┃ ", "2")
		}
		if l.small && t.color {
			for i := range l.runs {
				l.runs[i].text = "\x00" + l.runs[i].text
			}
		}
		t.wrap(l.runs, p, columns)
	}
}

func (t *terminal) paint(s, code string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// wrap writes runs as lines of at most so many columns, each behind prefix.
func (t *terminal) wrap(runs []run, prefix string, columns int) {
	room := columns - visible(prefix)
	t.sb.WriteString(prefix)
	at, started := 0, false
	for _, r := range runs {
		text, small := strings.CutPrefix(r.text, "\x00")
		for i, word := range strings.Split(text, " ") {
			width := uniseg.StringWidth(word)
			space := i > 0
			if space && at > 0 {
				if at+1+width > room {
					t.sb.WriteString("\n" + prefix)
					at = 0
				} else {
					t.sb.WriteString(t.styled(" ", r, small))
					at++
				}
			} else if !space && started && at > 0 && at+width > room {
				t.sb.WriteString("\n" + prefix)
				at = 0
			}
			if word != "" {
				t.sb.WriteString(t.styled(word, r, small))
				at, started = at+width, true
			}
		}
	}
	t.sb.WriteByte('\n')
}

// styled is s in the style of a run.
func (t *terminal) styled(s string, r run, small bool) string {
	if !t.color {
		return s
	}
	var codes []string
	if r.bold {
		codes = append(codes, "1")
	}
	if r.italic {
		codes = append(codes, "3")
	}
	if small {
		codes = append(codes, "2")
	}
	if r.url != "" {
		codes = append(codes, "34")
	}
	if len(codes) > 0 {
		s = t.paint(s, strings.Join(codes, ";"))
	}
	if r.url != "" {
		s = "\x1b]8;;" + r.url + "\x1b\\" + s + "\x1b]8;;\x1b\\"
	}
	return s
}

// visible is the width of a prefix without its colours.
func visible(prefix string) int {
	n := 0
	for len(prefix) > 0 {
		if rest, ok := strings.CutPrefix(prefix, "\x1b["); ok {
			_, prefix, _ = strings.Cut(rest, "m")
			continue
		}
		cut := strings.IndexByte(prefix, '\x1b')
		if cut < 0 {
			cut = len(prefix)
		}
		n += uniseg.StringWidth(prefix[:cut])
		prefix = prefix[cut:]
	}
	return n
}
