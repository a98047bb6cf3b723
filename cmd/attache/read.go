package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"attache/internal/store"
	"attache/internal/text"
	"attache/sources"
	"attache/summarize"
	"attache/summarize/quote"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
)

// newSummarize makes the command that briefs files and links.
func newSummarize(t terminal) *cobra.Command {
	var path, lang string
	var bullets int
	var asJSON bool
	c := &cobra.Command{
		Use: "summarize FILE|URL…", Short: "Brief articles: headline, bullets and quotes, each with its evidence", Args: cobra.MinimumNArgs(1),
		Long: `Brief one article, or several about the same story. An argument is a link, a web page or text file,
or - for standard input; the first line of a text file is its title. Without -c the built-in engine
chooses sentences; with -c the models of that configuration write, and every line is checked
against the article.`,
		Example: `  attache summarize https://example.org/statement
  attache summarize -c config.yaml --lang de talks.html readout.txt`,
		RunE: func(c *cobra.Command, args []string) error {
			w, err := openReading(c.Context(), t, path)
			if err != nil {
				return err
			}
			defer w.close()
			docs, err := w.documents(c.Context(), args)
			if err != nil {
				return err
			}
			b, err := w.brief(c.Context(), summarize.Request{Docs: docs, Lang: lang, Bullets: bullets})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(t.out, b)
			}
			printBrief(t, b, docs, args)
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file whose models are used")
	c.Flags().StringVar(&lang, "lang", "", "language of the reader, such as en or de (default: that of the articles)")
	c.Flags().IntVar(&bullets, "bullets", 0, fmt.Sprintf("most bullets (default %d)", summarize.DefaultBullets))
	c.Flags().BoolVar(&asJSON, "json", false, "print the brief as one JSON object; spans are bytes of the article's text")
	return c
}

// newQuotes makes the command that lists the quotations of an article.
func newQuotes(t terminal) *cobra.Command {
	var path string
	var asJSON bool
	c := &cobra.Command{
		Use: "quotes FILE|URL", Short: "List an article's quotations with their speakers", Args: cobra.ExactArgs(1),
		Long: `List the quotations of an article, word for word, with who said them, in which office, where and
through whom, as far as the article says so. An argument is a link, a web page or text file, or - for
standard input. With -c the models of that configuration are asked too; what they name is shown only
where the article bears it out.`,
		RunE: func(c *cobra.Command, args []string) error {
			w, err := openReading(c.Context(), t, path)
			if err != nil {
				return err
			}
			defer w.close()
			docs, err := w.documents(c.Context(), args)
			if err != nil {
				return err
			}
			d := docs[0]
			d.Quotes = w.quotes(c.Context(), d)
			if asJSON {
				return printJSON(t.out, map[string]any{"title": d.Title, "lang": d.Lang, "quotes": quoteRows(d.Text, d.Quotes)})
			}
			printQuotes(t, d)
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file whose models are asked too")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object; offsets are code points of the article's text, as in `attache lab quotes`")
	return c
}

// A reading is what the commands for a person's own articles work with.
type reading struct {
	t       terminal
	client  *sources.Client
	engines []summarize.Engine // models first, the extractive one last
	find    func(quote.Doc) []quote.Quote
	close   func()
}

// openReading opens what is needed to read and brief; path "" is the built-in engine alone.
func openReading(ctx context.Context, t terminal, path string) (*reading, error) {
	cfg := defaults()
	w := &reading{t: t, find: quote.Find, close: func() {}}
	if path != "" {
		var err error
		if cfg, err = loadConfig(path); err == nil {
			w.find, err = cfg.find()
		}
		if err != nil {
			return nil, err
		}
		o, err := open(ctx, path)
		if err != nil {
			return nil, err
		}
		w.close = func() { o.db.Close() }
		if w.engines, err = engines(cfg, newLogger(t.err, cfg), o.db.Ledger(cfg.Budgets.caps())); err != nil {
			w.close()
			return nil, err
		}
		if len(w.engines) == 0 {
			w.close()
			return nil, say("%s names no model. Add one to models, or leave out -c for the built-in engine.", path)
		}
	}
	w.engines = append(w.engines, summarize.Extractive{})
	var err error
	if w.client, err = openClient(cfg, time.Now, nil); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// models are the engines that are models.
func (w *reading) models() (out []*summarize.Model) {
	for _, e := range w.engines {
		if m, ok := e.(*summarize.Model); ok {
			out = append(out, m)
		}
	}
	return out
}

// documents reads what the arguments name.
func (w *reading) documents(ctx context.Context, args []string) ([]summarize.Document, error) {
	docs := make([]summarize.Document, len(args))
	for i, arg := range args {
		p, err := w.page(ctx, arg)
		if err != nil {
			return nil, err
		}
		d := summarize.Document{Article: int64(i + 1), Revision: 1, Outlet: outletOf(p, arg), Title: p.Title, Text: p.Text, Note: p.Note, Published: p.Published}
		if known, ok := sources.PackedAt(arg); ok && text.IsCountry(known.Country) {
			d.Country, d.Official = known.Country, known.Tier == string(store.Official)
		}
		d.Lang = text.Language(d.Title+"\n"+d.Text, p.Lang)
		d.Quotes = w.find(quote.Doc{Title: d.Title, Text: d.Text, Lang: d.Lang, Note: d.Note})
		docs[i] = d
	}
	return docs, nil
}

func outletOf(p sources.Page, arg string) string {
	if p.SiteName != "" {
		return p.SiteName
	}
	return arg
}

// fileMost is the largest file that is read, in bytes; titleMost the longest first line that is a title, in characters.
const fileMost, titleMost = 20 << 20, 160

// named is how a sentence calls an argument.
func named(arg string) string {
	if arg == "-" {
		return "standard input"
	}
	return arg
}

// page reads a link, a page's file, or a text whose first line is its title.
func (w *reading) page(ctx context.Context, arg string) (sources.Page, error) {
	if strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://") {
		l, err := w.client.ReadLink(ctx, arg)
		return l.Page, err
	}
	in := w.t.in
	if arg != "-" {
		f, err := os.Open(arg)
		if err != nil {
			return sources.Page{}, say("%s cannot be read: %v. Name a file, or a link that begins with https://.", arg, plain(err))
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, fileMost+1))
	if err != nil {
		return sources.Page{}, say("%s cannot be read: %v.", named(arg), plain(err))
	}
	if len(b) > fileMost {
		return sources.Page{}, say("%s is larger than %d MB; that is no article.", named(arg), fileMost>>20)
	}
	if kind := http.DetectContentType(b); strings.HasPrefix(kind, "text/html") || strings.HasSuffix(strings.ToLower(filepath.Ext(arg)), ".html") {
		return sources.ReadPage(sources.Input{Body: b})
	} else if !strings.HasPrefix(kind, "text/") {
		return sources.Page{}, say("%s is no text and no web page (%s). Save the article as .html or .txt.", named(arg), kind)
	}
	s := text.Normalize(string(b))
	title, body, found := strings.Cut(s, "\n")
	if !found || utf8.RuneCountInString(title) > titleMost || strings.HasSuffix(title, ".") {
		title, body = "", s
	}
	if body == "" {
		return sources.Page{}, say("There is no text in %s.", named(arg))
	}
	return sources.Page{Title: title, Text: body}, nil
}

// brief has the first engine that can write a proven brief.
func (w *reading) brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	for _, e := range w.engines {
		b, err := e.Brief(ctx, r)
		if err == nil {
			b.Engine, b.Version = e.Name(), e.Version()
			b, _ = summarize.Check(b, r.Docs)
			if len(b.Bullets) > 0 {
				return b, nil
			}
		}
		if ctx.Err() != nil {
			return summarize.Brief{}, ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(w.t.err, "%s wrote no brief: %s\n", e.Name(), sentence(err))
		}
	}
	return summarize.Brief{}, say("Nothing in this text can stand alone as a bullet. It may be a list, a menu or a text without whole sentences.")
}

// quotes are the article's quotations by rule, and by the first model that answers.
func (w *reading) quotes(ctx context.Context, d summarize.Document) []quote.Quote {
	for _, m := range w.models() {
		qs, err := m.Quotes(ctx, d)
		if err == nil {
			return qs
		}
		fmt.Fprintf(w.t.err, "%s named no speakers: %s\n", m.Name(), sentence(err))
	}
	return d.Quotes
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printBrief prints a brief with the sentences that prove it.
func printBrief(t terminal, b summarize.Brief, docs []summarize.Document, args []string) {
	on, width := colorful(t.out), columns(t.out)
	line := func(indent, code, s string) {
		for i, l := range wrapped(s, width-uniseg.StringWidth(indent)) {
			if i == 1 { // the mark of a bullet stands once
				indent = strings.Repeat(" ", uniseg.StringWidth(indent))
			}
			fmt.Fprintln(t.out, indent+paint(on, code, l))
		}
	}
	line("", bold, b.Headline)
	for _, bullet := range b.Bullets {
		fmt.Fprintln(t.out)
		line("• ", "", annotated(bullet, docs))
		for _, e := range bullet.Evidence {
			if e.Text == bullet.Text {
				line("    ", dim, fmt.Sprintf("[%d] the article's own sentence", e.Article))
				continue
			}
			line("    ", dim, fmt.Sprintf("[%d] %s", e.Article, strings.ReplaceAll(e.Text, "\n", " ")))
		}
	}
	for _, q := range b.Quotes {
		fmt.Fprintln(t.out)
		printQuote(t, printed{Quote: q.Quote, words: q.Words, article: q.Article, original: q.Original})
	}
	fmt.Fprintln(t.out)
	for i := range docs {
		line("", dim, fmt.Sprintf("[%d] %s", i+1, named(args[i])))
	}
	if b.Engine == (summarize.Extractive{}).Name() {
		line("", dim, "These are the articles' own sentences; no model was used.")
	} else {
		line("", dim, "Written by "+b.Engine+". Words in quotation marks, figures, dates and names were compared with the articles; who did what to whom was not.")
	}
}
