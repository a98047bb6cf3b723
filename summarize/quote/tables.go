package quote

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// The built-in tables: one file a language and some that hold for all, see Tables.
//
//go:embed data/*.txt
var builtIn embed.FS

// Tables are what the finder knows of languages, offices, seats and agencies: the built-in tables and those an
// operator adds. They are read-only and may be shared by goroutines.
//
// A table is a text file in UTF-8 named for its language (de.txt, an ISO 639-1 code) or for what it lists in all
// languages: seats.txt, agencies.txt, names.txt (first names). A line is a comment (#), the name of a section in brackets, or words with
// white space between them, in small letters:
//
//	# de.txt
//	[verbs]
//	raunte raunten
//	sagte_voraus
//	[offices]
//	landeshauptmann:leader
//
//	# seats.txt
//	[seats]
//	hofburg:austria österreichische:austria
//
// A section of the same name is added to the built-in one. "_" joins the words of a phrase. "stem*" and "*tail"
// stand for any rest. "word/set" takes the endings that the line "set …" of the section [endings] of the same
// file lists ("_" for no ending). "word:value" gives a word its value: offices their class (leader, minister,
// spokes, envoy, chair, chief, secretary, member, mayor, source …), seats and demonyms one common word for country or
// body, pronouns their gender (m, f, p for several, n for things).
//
// The sections that are extended most: verbs (of speech), weak (that introduce words without being verbs of
// speech), according, titles (that stand before a name with a capital), offices, female and male (offices that tell the
// gender), works and scare (nouns after which marks hold a title or a name), venues, dates, and in seats.txt seats, in
// agencies.txt agencies (the words of a name joined by "-").
type Tables struct {
	langs map[string]*language
}

var standard = sync.OnceValue(func() *Tables {
	t := &Tables{langs: map[string]*language{}}
	dir, err := fs.Sub(builtIn, "data")
	if err == nil {
		err = t.add(dir)
	}
	if err != nil {
		panic("quote: the built-in tables: " + err.Error()) // only a wrong build can do this; a test reads them
	}
	return t
})

// LoadTables returns the built-in tables with those of dir (its files *.txt, not those of folders below) added.
// The error names file and line of what cannot be read, and what would be right.
func LoadTables(dir fs.FS) (*Tables, error) {
	t := &Tables{langs: map[string]*language{}}
	base, err := fs.Sub(builtIn, "data")
	if err != nil {
		return nil, err
	}
	if err := t.add(base); err != nil {
		return nil, err
	}
	known := t.sections()
	files, err := fs.Glob(dir, "*.txt")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		if err := proper(name, string(b), known); err != nil {
			return nil, err
		}
	}
	return t, t.add(dir)
}

func (t *Tables) add(dir fs.FS) error {
	files, err := fs.Glob(dir, "*.txt")
	if err != nil {
		return err
	}
	for _, name := range files {
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		code := strings.TrimSuffix(name, ".txt")
		l := t.langs[code]
		if l == nil {
			l = &language{code: code, tables: t, sets: map[string]*wordSet{}, values: map[string]map[string]string{}}
			t.langs[code] = l
		}
		l.read(string(b))
	}
	return nil
}

// sections lists the names of all sections.
func (t *Tables) sections() []string {
	var out []string
	for _, l := range t.langs {
		for s := range l.sets {
			out = append(out, s)
		}
	}
	out = append(out, "endings")
	slices.Sort(out)
	return slices.Compact(out)
}

// proper checks an operator's table.
func proper(name, table string, known []string) error {
	section := ""
	for i, line := range strings.Split(table, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			if !slices.Contains(known, section) {
				return fmt.Errorf("%s:%d: no section is called [%s]; there are %s", name, i+1, section, strings.Join(known, ", "))
			}
		case section == "":
			return fmt.Errorf("%s:%d: words before the first section; begin with a line such as [verbs]", name, i+1)
		case strings.ToLower(line) != line:
			return fmt.Errorf("%s:%d: words must be in small letters: %q", name, i+1, line)
		}
	}
	return nil
}

// Find returns the quotes of d as the package's Find does, with these tables.
func (t *Tables) Find(d Doc) []Quote { return find(d, t) }

// of returns the table for an ISO 639-1 code, English when there is none: its marks and
// capitals still find most quotations of a language written in Latin letters.
func (t *Tables) of(code string) *language {
	code, _, _ = strings.Cut(strings.ToLower(code), "-")
	if l := t.langs[code]; l != nil && !lists(code) {
		return l
	}
	return t.langs["en"]
}

// lists reports whether a table holds for all languages.
func lists(name string) bool {
	return name == "seats" || name == "agencies" || name == "letters" || name == "names"
}
