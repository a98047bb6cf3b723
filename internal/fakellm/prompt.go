package fakellm

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// An ask is what the server understood of a prompt.
type ask struct {
	schema      string // "brief", "translation", "judge", "quotes", "canary", "" for none of them
	nonce       string // of the marker lines, "" when there are none
	system      string
	user        string
	rest        string // user text outside of the marked block
	material    material
	statements  []statement
	first, last string // words of a canary
}

// Material is what a brief or a translation is made of.
type material struct {
	Articles   []article   `json:"articles"`
	Quotations []quotation `json:"quotations"` // to be translated
	Language   string      `json:"language"`   // that the brief is to be in
	Bullets    int         `json:"bullets"`    // at most so many
}

type article struct {
	Article    int      `json:"article"` // the number to cite it by
	Title      string   `json:"title"`
	Language   string   `json:"language"`
	Paragraphs []string `json:"paragraphs"`
}

// A statement to judge.
type statement struct {
	Bullet   int    `json:"bullet"`
	Text     string `json:"text"`
	Evidence string `json:"evidence"`
}

var (
	markerLine = regexp.MustCompile(`(?m)^[ \t]*((articles|verdict)-([A-Za-z0-9_-]+))[ \t]*\r?$`)
	schemaLine = regexp.MustCompile("(?im)^[ \t>*#_-]*schema[*_]*:[ \t\"'`*]*([A-Za-z]+)")
	firstWord  = regexp.MustCompile(`(?m)^first word:[ \t]*(\S+)`)
	lastWord   = regexp.MustCompile(`last word:[ \t]*(\S+)\s*$`)
)

// read understands a prompt as far as it is there: of one that was cut, what is left.
func read(q Request) ask {
	a := ask{system: q.System(), user: q.User()}
	a.rest = a.user
	marker := ""
	if kind, nonce, block, rest, ok := marked(a.user); ok {
		marker, a.nonce, a.rest = kind, nonce, rest
		if kind == "verdict" {
			var in struct {
				Bullets []statement `json:"bullets"`
			}
			if json.Unmarshal([]byte(block), &in) == nil {
				a.statements = in.Bullets
			}
		} else if json.Unmarshal([]byte(block), &a.material) != nil {
			a.material = material{}
		}
	}
	if m := firstWord.FindStringSubmatch(a.user); m != nil {
		a.first = m[1]
	}
	if m := lastWord.FindStringSubmatch(a.user); m != nil {
		a.last = m[1]
	}
	a.schema = schemaOf(q, a, marker)
	return a
}

// schemaOf is the schema that is asked for: by its name in response_format, else by the line "schema: NAME" of the system
// text, else as the rest of the prompt suggests. A name with a version ("brief_2", "brief-v3") is the name.
func schemaOf(q Request, a ask, marker string) string {
	names := []string{q.SchemaName}
	for _, m := range schemaLine.FindAllStringSubmatch(a.system, -1) {
		names = append(names, m[1])
	}
	for _, name := range names {
		name, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(name, "-", "_")), "_")
		if slices.Contains([]string{"brief", "translation", "judge", "quotes", "canary"}, name) {
			return name
		}
	}
	switch {
	case marker == "verdict":
		return "judge"
	case marker == "articles":
		for _, art := range a.material.Articles {
			if a.material.Language != "" && art.Language != "" && art.Language != a.material.Language {
				return "translation"
			}
		}
		return "brief"
	case a.first != "" || a.last != "":
		return "canary"
	}
	return ""
}

// marked finds the block between two equal marker lines. A marker that stands once, as in an explanation, is none.
func marked(s string) (kind, nonce, block, rest string, ok bool) {
	lines := markerLine.FindAllStringSubmatchIndex(s, -1)
	for i, l := range lines {
		for _, end := range lines[i+1:] {
			if s[end[2]:end[3]] != s[l[2]:l[3]] {
				continue
			}
			block = strings.TrimSpace(s[l[1]:end[0]])
			if strings.HasPrefix(block, "{") {
				return s[l[4]:l[5]], s[l[6]:l[7]], block, s[:l[0]] + s[end[1]:], true
			}
		}
	}
	return "", "", "", s, false
}
