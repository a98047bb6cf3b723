package bot

import (
	"embed"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/sources"

	"github.com/goccy/go-yaml"
)

// The message catalogue: files a language, en.yaml and en.PART.yaml. English is complete; another language may only lack keys for as long as a
// test does not notice.
//
//go:embed texts/*.yaml
var textFiles embed.FS

// A catalogue holds the texts of one language by key.
type catalogue struct {
	lang             string
	texts            map[string]string
	weekdays, months []string
}

// A library holds every language of the catalogue.
type library map[string]catalogue

// readTexts reads the embedded catalogue.
func readTexts() (library, error) {
	files, err := textFiles.ReadDir("texts")
	if err != nil {
		return nil, err
	}
	l := library{}
	for _, f := range files {
		b, err := textFiles.ReadFile(path.Join("texts", f.Name()))
		if err != nil {
			return nil, err
		}
		raw := map[string]any{}
		if err := yaml.Unmarshal(b, &raw); err != nil {
			return nil, fmt.Errorf("texts/%s: %w", f.Name(), err)
		}
		lang, _, _ := strings.Cut(f.Name(), ".")
		c, ok := l[lang]
		if !ok {
			c = catalogue{lang: lang, texts: map[string]string{}}
		}
		if err := c.take(raw); err != nil {
			return nil, fmt.Errorf("texts/%s: %w", f.Name(), err)
		}
		l[lang] = c
	}
	l["en"].adopt("wording.", digest.Wordings())
	l["en"].adopt("problem.", sources.Sentences())
	l["en"].adopt("refusal.", refusals)
	for _, c := range l {
		c.flatten("wording.", "problem.", "refusal.")
	}
	return l, nil
}

// take adds what a file says.
func (c *catalogue) take(raw map[string]any) error {
	for k, v := range raw {
		switch v := v.(type) {
		case string:
			if _, twice := c.texts[k]; twice {
				return fmt.Errorf("%s stands in another file of the language too", k)
			}
			c.texts[k] = v
		case []any:
			list := make([]string, len(v))
			for i, s := range v {
				list[i] = fmt.Sprint(s)
			}
			switch k {
			case "weekdays":
				c.weekdays = list
			case "months":
				c.months = list
			default:
				return fmt.Errorf("%s is a list", k)
			}
		default:
			return fmt.Errorf("%s is no text", k)
		}
	}
	return nil
}

// in returns the texts of a language ("de", "de-AT"), or the English ones.
func (l library) in(lang string) catalogue {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if c, ok := l[base]; ok {
		return c
	}
	return l["en"]
}

// text returns the text of key with {name} filled in from pairs of name and value. A value is never filled in itself.
func (c catalogue) text(key string, pairs ...string) string {
	holes := make([]string, len(pairs))
	for i, s := range pairs {
		if holes[i] = s; i%2 == 0 {
			holes[i] = "{" + s + "}"
		}
	}
	return strings.NewReplacer(holes...).Replace(c.texts[key])
}

// count returns the text of key for n: key.one when n is 1.
func (c catalogue) count(key string, n int, pairs ...string) string {
	if n == 1 {
		key += ".one"
	}
	return c.text(key, append(pairs, "n", strconv.Itoa(n))...)
}

// date writes the day of t.
func (c catalogue) date(t time.Time) string {
	return c.text("date", "weekday", c.weekdays[t.Weekday()], "day", strconv.Itoa(t.Day()),
		"month", c.months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}
