package preview

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
)

// roomMin is the narrowest column that text is wrapped to, whatever the terminal says.
const roomMin = 8

// fileMark stands before the name of a file.
const fileMark = "📎 "

// Terminal draws a message for a terminal of so many columns. With color, styles are ANSI sequences and links are
// OSC 8 hyperlinks; without, the text stands alone.
func Terminal(m Message, columns int, color bool) string {
	t := terminal{color: color}
	t.block(m.Content, "", columns)
	for _, e := range m.Embeds {
		bar := t.bar(e.Color)
		if t.sb.Len() > 0 {
			t.sb.WriteByte('\n')
		}
		if title := plainText(e.Title); title != "" {
			t.wrap([]run{{text: title, bold: true, url: e.URL}}, bar, columns)
		}
		t.block(e.Description, bar, columns)
	}
	for _, f := range m.Files {
		t.wrap([]run{{text: fileMark + oneLine(f.Name)}}, "", columns)
	}
	for _, r := range m.Rows {
		var runs []run
		for i, b := range r.labels() {
			if i > 0 {
				runs = append(runs, run{text: " "})
			}
			runs = append(runs, run{text: "[" + b.Label + "]", small: b.Style != 1, bold: b.Style == 1})
		}
		if len(runs) > 0 {
			t.wrap(runs, "", columns)
		}
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
		t.wrap(l.runs, p, columns)
	}
}

func (t *terminal) paint(s, code string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// A cell is a letter as readers see it (a grapheme cluster), in the columns it takes.
type cell struct {
	text  string
	width int
	run   int
	ends  bool // a line may end behind it (UAX 14): behind a space, and between most letters of Chinese and Japanese
}

func cells(runs []run) []cell {
	var all strings.Builder
	var ends []int // of each run, in bytes
	for _, r := range runs {
		all.WriteString(r.text)
		ends = append(ends, all.Len())
	}
	var out []cell
	at, in, state := 0, 0, -1
	for rest := all.String(); rest != ""; {
		var c string
		var bounds int
		c, rest, bounds, state = uniseg.StepString(rest, state)
		for at >= ends[in] {
			in++
		}
		out = append(out, cell{text: c, width: bounds >> uniseg.ShiftWidth, run: in, ends: bounds&uniseg.MaskLine != uniseg.LineDontBreak})
		at += len(c)
	}
	return out
}

// wrap writes runs as lines of at most so many columns, each behind prefix. The lines after the first of a bullet stand
// under its text; a word that is longer than a line is cut.
func (t *terminal) wrap(runs []run, prefix string, columns int) {
	all := cells(runs)
	indent := 0
	if len(all) > 2 && all[0].text == "•" && all[1].text == " " {
		indent = 2
	}
	room := max(columns-visible(prefix), roomMin)
	t.sb.WriteString(prefix)
	from, width, end := 0, 0, -1 // of the line being filled: its first cell, its width, the last cell it may end behind
	for i := 0; i < len(all); i++ {
		c := all[i]
		if width+c.width > room && c.text != " " && i > from {
			cut := i
			if end >= from {
				cut = end + 1
			}
			t.cells(all[from:cut], runs)
			t.sb.WriteString("\n" + prefix + strings.Repeat(" ", indent))
			from, width, end = cut, indent, -1
			i = cut - 1 // the rest is measured anew
			continue
		}
		width += c.width
		if c.ends {
			end = i
		}
	}
	t.cells(all[from:], runs)
	t.sb.WriteByte('\n')
}

// cells writes the cells of one line without the spaces at its end.
func (t *terminal) cells(line []cell, runs []run) {
	for len(line) > 0 && line[len(line)-1].text == " " {
		line = line[:len(line)-1]
	}
	for len(line) > 0 {
		var sb strings.Builder
		in := line[0].run
		for len(line) > 0 && line[0].run == in {
			sb.WriteString(line[0].text)
			line = line[1:]
		}
		t.sb.WriteString(t.styled(sb.String(), runs[in]))
	}
}

// styled is s in the style of a run.
func (t *terminal) styled(s string, r run) string {
	if !t.color {
		return s
	}
	var codes []string
	for _, c := range []struct {
		on   bool
		code string
	}{{r.bold, "1"}, {r.small, "2"}, {r.italic, "3"}, {r.mention, "35"}, {r.url != "", "36"}} {
		if c.on {
			codes = append(codes, c.code)
		}
	}
	if len(codes) > 0 {
		s = t.paint(s, strings.Join(codes, ";"))
	}
	if followed(r.url) {
		s = "\x1b]8;;" + ascii(r.url) + "\x1b\\" + s + "\x1b]8;;\x1b\\"
	}
	return s
}

// ascii percent-encodes what is not ASCII: a terminal's links hold nothing else.
func ascii(url string) string {
	var sb strings.Builder
	for _, b := range []byte(url) {
		if b <= ' ' || b >= 0x7f {
			fmt.Fprintf(&sb, "%%%02X", b)
			continue
		}
		sb.WriteByte(b)
	}
	return sb.String()
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
