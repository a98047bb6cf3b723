package sources

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"attache/internal/text"
)

const (
	// maxOPML bounds a list of sources in bytes; one of 10,000 has some 3 MB.
	maxOPML = 8 << 20
	// OutlinesMost is how many sources of one list are taken.
	OutlinesMost = 5000
	// maxTopics is how many topics a list may give a source.
	maxTopics = 10
	// opmlSpace is the namespace of what our lists say beside OPML: tier and country, which no other program knows.
	opmlSpace = "https://attache.invalid/opml"
)

// DamagedOPML is what ParseOPML says of a file that ends too early, or is not well-formed from somewhere on.
const DamagedOPML = "The file is damaged; what stands before the damage was read."

// ErrNoOPML says that a file lists no feeds.
var ErrNoOPML = errors.New("this is no OPML file, or it lists no feeds")

// An Outline is a source as a list of sources has it (OPML 2.0).
type Outline struct {
	URL     string
	Title   string
	Site    string
	Lang    string
	Topics  []string // the folders that it lies in, and its categories
	Tier    string   // "" unless the list was written by this program
	Country string   // the same
}

// ParseOPML reads a list of feeds as other readers write it: any charset, folders in folders, attributes in any case, HTML's
// entities. A feed that is listed twice is returned once, with the topics of both. Of a damaged file what can be read is
// returned, with a sentence for people; ErrNoOPML when that is nothing.
func ParseOPML(file []byte) (list []Outline, warnings []string, err error) {
	if len(file) > maxOPML {
		return nil, nil, fmt.Errorf("%w: it is larger than %d MB", ErrNoOPML, maxOPML>>20)
	}
	dec := xml.NewDecoder(strings.NewReader(withoutDoctype(decode(file, "").text)))
	dec.Strict, dec.AutoClose, dec.Entity = false, nil, xml.HTMLEntity
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	var folders []string                                                                   // of the outlines that are open; "" for a feed
	at := map[string]int{}
	for {
		token, terr := dec.Token()
		if terr != nil {
			if !errors.Is(terr, io.EOF) {
				warnings = append(warnings, DamagedOPML)
			}
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !strings.EqualFold(t.Name.Local, "outline") {
				continue
			}
			o := outlineOf(t)
			if o.URL == "" {
				folders = append(folders, o.Title)
				continue
			}
			o.Topics = topicsOf(folders, o.Topics)
			folders = append(folders, "")
			if i, twice := at[o.URL]; twice {
				list[i].Topics = topicsOf(list[i].Topics, o.Topics)
				continue
			}
			if len(list) == OutlinesMost {
				warnings = append(warnings, fmt.Sprintf("The file lists more than %d feeds; the first of them were read.", OutlinesMost))
				return list, warnings, nil
			}
			at[o.URL] = len(list)
			list = append(list, o)
		case xml.EndElement:
			if strings.EqualFold(t.Name.Local, "outline") && len(folders) > 0 {
				folders = folders[:len(folders)-1]
			}
		}
	}
	if len(list) == 0 {
		return nil, nil, ErrNoOPML
	}
	return list, warnings, nil
}

// withoutDoctype leaves out a document type, whose entities nobody is to expand.
func withoutDoctype(s string) string {
	i := strings.Index(s, "<!DOCTYPE")
	if i < 0 || strings.Contains(s[:i], "<opml") {
		return s
	}
	end := strings.IndexAny(s[i:], "[>")
	if end < 0 {
		return s
	}
	if s[i+end] == '[' {
		if inner := strings.Index(s[i:], "]"); inner >= 0 {
			if end = strings.Index(s[i+inner:], ">"); end >= 0 {
				return s[:i] + s[i+inner+end+1:]
			}
		}
		return s
	}
	return s[:i] + s[i+end+1:]
}

// outlineOf reads the attributes of an outline; one without an address is a folder.
func outlineOf(t xml.StartElement) Outline {
	var o Outline
	name := ""
	for _, a := range t.Attr {
		v := oneLineText(a.Value)
		if a.Name.Space == opmlSpace {
			switch a.Name.Local {
			case "tier":
				o.Tier = v
			case "country":
				o.Country = v
			}
			continue
		}
		switch strings.ToLower(a.Name.Local) {
		case "xmlurl":
			o.URL = addressIn(a.Value)
		case "htmlurl":
			o.Site = addressIn(a.Value)
		case "title":
			o.Title = v
		case "text":
			name = v
		case "language":
			o.Lang = v
		case "category":
			for _, c := range strings.Split(v, ",") {
				o.Topics = append(o.Topics, strings.Split(strings.Trim(c, "/ "), "/")...)
			}
		}
	}
	if o.Title = firstSet(o.Title, name); o.Title == oneLineText(o.URL) {
		o.Title = "" // an outline must have a text, and that of a feed without a name is its address
	}
	return o
}

// addressIn is the address in an attribute, without what nobody sees around it.
func addressIn(s string) string {
	return cleanURL(strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || text.Invisible(r) }))
}

// topicsOf are the first topics of lists, without empty ones and repetitions, as many as a source may have. It stops there:
// a file may have a feed ten thousand folders deep.
func topicsOf(lists ...[]string) []string {
	var out []string
	for _, list := range lists {
		for _, s := range list {
			if len(out) == maxTopics {
				return out
			}
			if s = strings.TrimSpace(s); s != "" && len(s) <= 100 && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, s) }) {
				out = append(out, s)
			}
		}
	}
	return out
}

// WriteOPML writes a list that ParseOPML, and other readers, read. Sources are not put into folders: a topic is a category,
// of which one may have several.
func WriteOPML(w io.Writer, title string, list []Outline) error {
	var b strings.Builder
	b.WriteString(xml.Header + `<opml version="2.0" xmlns:attache="` + opmlSpace + `">` + "\n  <head><title>" + attribute(title) + "</title></head>\n  <body>\n")
	for _, o := range list {
		b.WriteString(`    <outline type="rss"`)
		for _, a := range [][2]string{
			{"text", attribute(firstSet(o.Title, o.URL))}, {"title", attribute(o.Title)}, {"xmlUrl", escapedXML(o.URL)},
			{"htmlUrl", escapedXML(o.Site)}, {"language", attribute(o.Lang)}, {"category", attribute(strings.Join(categories(o.Topics), ","))},
			{"attache:tier", attribute(o.Tier)}, {"attache:country", attribute(o.Country)},
		} {
			if a[1] != "" {
				b.WriteString(" " + a[0] + `="` + a[1] + `"`)
			}
		}
		b.WriteString("/>\n")
	}
	b.WriteString("  </body>\n</opml>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// categories writes topics as OPML has them: a comma or a slash would make two of one.
func categories(topics []string) []string {
	out := make([]string, len(topics))
	for i, t := range topics {
		out[i] = strings.NewReplacer(",", " ", "/", " ").Replace(t)
	}
	return out
}

// attribute writes a text on one line as the value of an attribute.
func attribute(s string) string { return escapedXML(oneLineText(s)) }

// escapedXML escapes a value, which else stays as it is; what XML cannot hold is left out.
func escapedXML(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
