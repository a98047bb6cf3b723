package sources

import (
	"embed"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

const (
	// maxCreditLine is the longest credit line in letters: agencies' lines of four names have 150.
	maxCreditLine = 240
	// creditTail is how many lines at the end of a text may be credits, and creditHead how many at its start.
	creditTail, creditHead = 6, 3
	// creditWildcard is how many words "*" stands for at most.
	creditWildcard = 6
	// maxAsides: asides are less than a third of an article.
	maxAsides = 3
	// maxCredits bounds the credits of an article in bytes.
	maxCredits = 600
)

//go:embed credits/*.txt
var creditFiles embed.FS

// A creditPattern is the beginning of a line that is no news.
type creditPattern struct {
	kind  creditKind
	name  bool     // nothing but a name follows
	only  bool     // nothing follows
	words int      // that "*" stands for at most
	parts []string // folded; between them up to creditWildcard words
}

// creditPatterns maps the first two letters of a pattern to the patterns that begin so; those that begin with "*" are under "".
var creditPatterns = func() map[string][]creditPattern {
	table := map[string][]creditPattern{}
	names, err := fs.Glob(creditFiles, "credits/*.txt")
	if err != nil {
		panic(err) // the pattern above is wrong
	}
	for _, name := range names {
		b, err := creditFiles.ReadFile(name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		for l := range strings.Lines(string(b)) {
			kind, p, ok := strings.Cut(strings.TrimSpace(l), "\t")
			if !ok || strings.HasPrefix(kind, "#") {
				continue
			}
			word, rest, _ := strings.Cut(kind, "-")
			pat := creditPattern{kind: creditKinds[word], name: rest == "name", only: rest == "only", words: creditWildcard}
			if rest == "title" {
				pat.words = maxCreditLine
			}
			for part := range strings.SplitSeq(p, "*") {
				pat.parts = append(pat.parts, creditFold(part))
			}
			key := creditKey(pat.parts[0])
			table[key] = append(table[key], pat)
		}
	}
	return table
}()

// creditKey is the first two letters of a folded line.
func creditKey(s string) string {
	n := 0
	for i := range s {
		if n == 2 {
			return s[:i]
		}
		n++
	}
	if n == 2 {
		return s
	}
	return ""
}

// creditFold makes a line comparable: small letters, one kind of colon with no space before it.
func creditFold(s string) string {
	s = strings.ToLower(s)
	return strings.ReplaceAll(creditSigns.Replace(s), " :", ":")
}

var creditSigns = strings.NewReplacer("：", ":", "\u00a0", " ", "’", "'")

// A creditKind tells what a line is.
type creditKind byte

const (
	noCredit creditKind = iota
	creditNote
	creditLine
	creditAside // leads elsewhere, "Read also: …"; dropping these took F1 from .917 to .922 on 485 pages
	creditFoot  // what a program writes under each entry: "The post … appeared first on …"
)

// creditKinds are the words of the tables for kinds.
var creditKinds = map[string]creditKind{"note": creditNote, "credit": creditLine, "aside": creditAside, "foot": creditFoot}

// creditOf says whether a line, alone in its paragraph, is a translation note,
// a credit or an aside, and returns it without brackets and ornaments.
func creditOf(l string) (creditKind, string) {
	l = strings.TrimFunc(l, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("()[]{}*•·—–-―|/«»\"“”", r)
	})
	if n := utf8.RuneCountInString(l); n < 4 || n > maxCreditLine {
		return noCredit, ""
	}
	f := creditFold(l)
	for _, key := range []string{creditKey(f), ""} {
		for _, p := range creditPatterns[key] {
			switch {
			case !p.matches(f), p.name && len(strings.Fields(f)) > creditWildcard, p.only && strings.TrimRight(f, " .:!…>›»→") != p.parts[0]:
			case oneSentence(l):
				return p.kind, l
			}
		}
	}
	return noCredit, ""
}

// matches reports whether the folded line begins as p says, at the end of a word.
func (p creditPattern) matches(f string) bool {
	if !strings.HasPrefix(f, p.parts[0]) {
		return false
	}
	rest := f[len(p.parts[0]):]
	for _, part := range p.parts[1:] {
		if strings.TrimSpace(part) == "" {
			return strings.TrimSpace(rest) != "" && len(strings.Fields(rest)) <= 2*p.words
		}
		i := strings.Index(rest, part)
		if i < 0 || len(strings.Fields(rest[:i])) > p.words {
			return false
		}
		rest = rest[i+len(part):]
	}
	last := p.parts[len(p.parts)-1]
	end, _ := utf8.DecodeLastRuneInString(last)
	next, _ := utf8.DecodeRuneInString(rest)
	return !unicode.IsLetter(end) || !unicode.IsLetter(next) || cjkLetter(next)
}

func cjkLetter(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// oneSentence reports that a line does not go on to tell news: no full stop followed by two more sentences.
func oneSentence(l string) bool { return len(text.Sentences(l, "")) <= 3 }

// takeCredits cuts credit lines off both ends of a text, where they stand as
// lines of their own, and returns them. A text that is nothing else is left as it is.
func takeCredits(t string) (rest, note, credits string) {
	if t == "" {
		return "", "", ""
	}
	lines := strings.Split(t, "\n")
	drop := make([]bool, len(lines))
	kept := len(lines)
	take := func(i int) {
		kind, l := creditOf(lines[i])
		switch kind {
		case creditNote:
			note = joinCredits(note, l)
		case creditLine:
			credits = joinCredits(credits, l)
		default: // asides are withoutAsides's
			return
		}
		drop[i] = true
		kept--
	}
	tail := max(0, len(lines)-creditTail)
	for i := range min(creditHead, tail) {
		take(i)
	}
	for i := tail; i < len(lines); i++ {
		take(i)
	}
	if kept == 0 || kept == len(lines) {
		return t, note, credits
	}
	out := lines[:0]
	for i, l := range lines {
		if !drop[i] {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n"), note, credits
}

// withoutAsides drops the lines of a page's text that lead elsewhere. Where
// they would be much of it, it is no article that they interrupt, and they stay.
func withoutAsides(t string) string {
	lines := strings.Split(t, "\n")
	keep, all := make([]string, 0, len(lines)), make([]string, 0, len(lines)) // all: asides included
	dropped := 0
	for _, l := range lines {
		kind, _ := creditOf(l)
		if kind == creditFoot {
			continue
		}
		if all = append(all, l); kind == creditAside {
			dropped += len(l)
			continue
		}
		keep = append(keep, l)
	}
	if dropped > len(t)/maxAsides {
		keep = all
	}
	return strings.Join(keep, "\n")
}

// joinCredits adds a line to others unless it is there already.
func joinCredits(have, l string) string {
	switch {
	case l == "" || strings.Contains(have, l) || len(have)+len(l) > maxCredits:
		return have
	case have == "" || strings.Contains(l, have):
		return l
	}
	return have + "; " + l
}
