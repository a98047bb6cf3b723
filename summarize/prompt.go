package summarize

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"text/template"

	"attache/internal/text"
	"attache/summarize/model"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// prompts holds what a model is told: a template and a JSON schema a kind, and the parts that templates share.
//
//go:embed prompts
var prompts embed.FS

// promptVersion names the wording of all prompts and schemas: a change of one changes it, and with it the key of every
// brief that a model wrote.
var promptVersion = sync.OnceValue(func() string {
	h := sha256.New()
	_ = fs.WalkDir(prompts, "prompts", func(path string, d fs.DirEntry, err error) error { // an embedded folder cannot fail
		if err == nil && !d.IsDir() {
			b, _ := prompts.ReadFile(path)
			fmt.Fprintf(h, "%s %d\n%s", path, len(b), b)
		}
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)[:4])
})

// A prompt is a question to a model before it is worded. Its fields are those of the templates.
type prompt struct {
	kind     string // the name of template and schema
	Mark     string // the line before and after what is material
	Articles string // JSON on one line
	Language string // in English
	Bullets  int
	Schema   string
	Repair   *repair
}

// A repair says what was wrong with the last answer: all of it, or some bullets.
type repair struct {
	Whole  string
	Failed string // JSON lines: a bullet with its problem
}

// words puts a prompt into words.
func (p prompt) words() (model.Question, error) {
	q := model.Question{Purpose: p.kind}
	t, err := template.ParseFS(prompts, "prompts/"+p.kind+".tmpl", "prompts/*.txt")
	if err != nil {
		return q, fmt.Errorf("prompt %s: %w", p.kind, err)
	}
	schema, err := prompts.ReadFile("prompts/" + p.kind + ".schema.json")
	if err != nil {
		return q, fmt.Errorf("prompt %s: %w", p.kind, err)
	}
	schema = bytes.TrimSpace(schema)
	p.Schema = string(schema)
	q.Schema = model.Schema{Name: p.kind, JSON: schema}
	for name, to := range map[string]*string{"system": &q.System, "user": &q.User} {
		var b strings.Builder
		if err := t.ExecuteTemplate(&b, name, p); err != nil {
			return q, fmt.Errorf("prompt %s: %w", p.kind, err)
		}
		*to = b.String()
	}
	return q, nil
}

// newMark returns the line around the material of one call. What an article says cannot contain it.
func newMark(what string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return what + "-" + hex.EncodeToString(b[:])
}

// languageName is how the prompts, which are English, name a language.
func languageName(lang string) string {
	if tag, err := language.Parse(lang); err == nil {
		if name := display.English.Tags().Name(tag); name != "" {
			return name
		}
	}
	return "English"
}

const (
	// offeredMost is how many articles of a story are shown to a model, articleBytes how much of each: about 1,500 tokens
	// of English, whose token has 4.3 bytes, 750 of Chinese.
	offeredMost, articleBytes = 6, 6500
	// articleLeast is the room for an article below which a model's window is of no use.
	articleLeast = 600
	// bytesToken bounds the tokens of a text from above without a tokenizer: no language measured has fewer bytes a token.
	bytesToken = 3
	// answerRoom is kept free for the words of a repair; of a small window, a fifth.
	answerRoom = 6000
	// windowUnknown is the room in a window of which nothing is known: that of 32,000 tokens.
	windowUnknown = 90_000
)

// offered chooses the articles that a model is shown: the newest of each outlet, then the others, and returns them in
// order of time.
func offered(docs []Document) []Document {
	docs = inOrder(docs)
	var first, rest []Document
	seen := map[string]bool{}
	for _, d := range slices.Backward(docs) {
		if d.Outlet != "" && seen[d.Outlet] {
			rest = append(rest, d)
			continue
		}
		seen[d.Outlet] = true
		first = append(first, d)
	}
	first = append(first, rest...)
	return inOrder(first[:min(len(first), offeredMost)])
}

// errWindow says that a model's window holds no article.
type errWindow struct{ tokens int }

func (e errWindow) Error() string {
	return fmt.Sprintf("a window of %d tokens has no room for an article; raise context in the configuration, or lower max_output", e.tokens)
}

// windowBytes is how many bytes a prompt may have, with an answer and what a repair adds kept free.
func windowBytes(e model.Endpoint) int {
	if e.Context == 0 {
		return windowUnknown
	}
	all := bytesToken * (e.Context - e.MaxOutput)
	return all - min(answerRoom, all/5)
}

// promptBytes is how long a prompt is without its articles.
func promptBytes(kind string) int {
	q, err := prompt{kind: kind, Mark: newMark("articles"), Language: "Portuguese"}.words()
	if err != nil {
		return windowUnknown
	}
	return len(q.System) + len(q.User)
}

// around is what the JSON around an article and its title take, in bytes.
const around = 300

// fitted returns as many of docs, which are in order of time, as a window has room for, the newest, and how many bytes of
// each.
func fitted(docs []Document, kind string, e model.Endpoint) ([]Document, int, error) {
	room := windowBytes(e) - promptBytes(kind)
	for ; len(docs) > 0; docs = docs[1:] {
		if most := min(articleBytes, room/len(docs)-around); most >= articleLeast {
			return docs, most, nil
		}
	}
	return nil, 0, errWindow{e.Context}
}

// A shown article is what a model sees of one.
type shownArticle struct {
	Article    int      `json:"article"`
	Title      string   `json:"title"`
	Published  string   `json:"published,omitempty"`
	Language   string   `json:"language,omitempty"`
	Paragraphs []string `json:"paragraphs"`
}

// A shown quotation is one whose translation is asked for.
type shownQuotation struct {
	Quotation int    `json:"quotation"`
	Article   int    `json:"article"`
	Words     string `json:"words"`
}

// material is the JSON that stands between the marks.
type material struct {
	Articles   []shownArticle   `json:"articles"`
	Quotations []shownQuotation `json:"quotations,omitempty"`
	Language   string           `json:"language"`
	Bullets    int              `json:"bullets"`
}

// show writes docs as a model sees them, each within most bytes, cut at the end of a sentence. Characters that show
// nothing are gone: whatever they hide would be read by a model and by nobody else.
func show(docs []Document, most int) []shownArticle {
	out := make([]shownArticle, len(docs))
	for i, d := range docs {
		a := shownArticle{Article: i + 1, Title: clip(text.Normalize(d.Title), 400), Language: d.Lang}
		if !d.Published.IsZero() {
			a.Published = d.Published.UTC().Format("2006-01-02")
		}
		left := most
		for _, p := range text.Paragraphs(d.Text) {
			said := sentencesWithin(text.Normalize(p.Of(d.Text)), d.Lang, left)
			if said != "" {
				a.Paragraphs = append(a.Paragraphs, said)
			}
			if left -= p.Len(); left <= 0 || len(said) < p.Len()/2 {
				break
			}
		}
		out[i] = a
	}
	return out
}

// sentencesWithin returns as many whole sentences of s as most bytes hold.
func sentencesWithin(s, lang string, most int) string {
	if len(s) <= most {
		return s
	}
	end := 0
	for _, p := range text.Sentences(clip(s, most+1000), lang) {
		if p.End > most {
			break
		}
		end = p.End
	}
	return s[:end]
}

// encode writes v as JSON on one line, letters as themselves.
func encode(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "{}" // strings and numbers always have a JSON form
	}
	return strings.TrimSpace(b.String())
}
