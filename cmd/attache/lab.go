package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
	"unicode/utf8"

	"attache/internal/ingest"
	"attache/internal/story"
	"attache/internal/text"
	"attache/sources"
	"attache/summarize"
	"attache/summarize/quote"

	"github.com/spf13/cobra"
)

// A stage answers one row of `attache lab`. It returns the fields of the answer; the id is added around it.
type stage func(ctx context.Context, row json.RawMessage) (any, error)

// A lab is what its stages work with: the models of --config, none without it.
type lab struct {
	models   []*summarize.Model
	verifier labVerifier
}

func (l *lab) stage(name string) stage {
	switch name {
	case "feed":
		return labFeed
	case "read":
		return labRead
	case "quotes":
		return l.quotes
	case "summary":
		return l.summary
	}
	return l.verify
}

func newLab(t terminal) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "lab STAGE", Short: "Run one stage on your own data: JSON Lines in, JSON Lines out",
		Long: `Run one stage of the pipeline on a corpus: feed, read, quotes, stories, summary or verify. Rows
are JSON objects on standard input, one a line, each with an "id"; the answers come on standard output, one a
line, with the same id. Offsets count Unicode code points, the end exclusive. A row that cannot be
processed answers {"id": …, "error": "…"}, and the run goes on. docs/lab.md gives each stage's fields.
With -c, quotes, summary and verify ask the models of that configuration; what they spend is booked.
The stage discord is of another kind: it starts the built-in Discord, to try a bot by hand.`,
		Example:   `  echo '{"id":"1","text":"“We will go,” Ana Costa said."}' | attache lab quotes`,
		ValidArgs: []string{"feed", "read", "quotes", "stories", "summary", "verify"},
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(c *cobra.Command, args []string) error {
			out := bufio.NewWriter(t.out)
			l := &lab{}
			if path != "" {
				w, err := openReading(c.Context(), t, path)
				if err != nil {
					return err
				}
				defer w.close()
				l.models = w.models()
			}
			var err error
			if args[0] == "stories" {
				err = labStories(c.Context(), t.in, out)
			} else {
				err = labRows(c.Context(), t.in, out, l.stage(args[0]))
			}
			return errors.Join(err, out.Flush())
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file whose models are used")
	c.AddCommand(newLabDiscord(t))
	return c
}

// labRows answers each row as it comes.
func labRows(ctx context.Context, in io.Reader, out *bufio.Writer, s stage) error {
	return eachRow(ctx, in, func(row json.RawMessage) error {
		if err := answer(out, row, func() (any, error) { return s(ctx, row) }); err != nil {
			return err
		}
		return out.Flush()
	})
}

// eachRow calls f with each line that is not blank.
func eachRow(ctx context.Context, in io.Reader, f func(row json.RawMessage) error) error {
	r := bufio.NewReaderSize(in, 1<<20)
	for ctx.Err() == nil {
		line, err := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := f(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
	}
	return ctx.Err()
}

// answer writes the answer to a row. Whatever goes wrong in f, a panic too, is an error of this row alone.
func answer(out io.Writer, row json.RawMessage, f func() (any, error)) error {
	v, err := guarded(f)
	fields := map[string]json.RawMessage{}
	if err == nil {
		var b []byte
		if b, err = json.Marshal(v); err == nil {
			err = json.Unmarshal(b, &fields)
		}
	}
	if err != nil {
		msg, _ := json.Marshal(sentence(err)) // a string always has a JSON form
		fields = map[string]json.RawMessage{"error": msg}
	}
	fields["id"] = rowID(row)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return enc.Encode(fields)
}

func guarded(f func() (any, error)) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this row made the stage panic: %v", r)
		}
	}()
	return f()
}

// rowID is the id of a row as it was written, or null.
func rowID(row json.RawMessage) json.RawMessage {
	var r struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(row, &r) != nil || r.ID == nil {
		return json.RawMessage("null")
	}
	return r.ID
}

func decode(row json.RawMessage, v any) error {
	if err := json.Unmarshal(row, v); err != nil {
		return fmt.Errorf("the row is no JSON object with the stage's fields: %w", err)
	}
	return nil
}

// stamp is a time as lab writes it, "" when unknown.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func labFeed(_ context.Context, row json.RawMessage) (any, error) {
	var in struct {
		File        string            `json:"file"`
		URL         string            `json:"url"`
		ContentType string            `json:"content_type"`
		Headers     map[string]string `json:"headers"`
	}
	if err := decode(row, &in); err != nil {
		return nil, err
	}
	body, err := os.ReadFile(in.File)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.File, errors.Unwrap(err))
	}
	header := http.Header{}
	for k, v := range in.Headers {
		header.Set(k, v)
	}
	f, err := sources.ParseFeed(sources.Input{URL: in.URL, ContentType: in.ContentType, Header: header, Body: body})
	if err != nil {
		return nil, err
	}
	type item struct {
		Title     string `json:"title"`
		Link      string `json:"link"`
		ID        string `json:"id"`
		Author    string `json:"author"`
		Published string `json:"published"`
		Updated   string `json:"updated"`
		Summary   string `json:"summary"`
		Content   string `json:"content"`
	}
	items := make([]item, len(f.Items))
	for i, it := range f.Items {
		items[i] = item{it.TitleHTML, it.Link, it.ID, it.Author, stamp(it.Published), stamp(it.Updated), it.Summary, it.Content}
	}
	return map[string]any{
		"title": f.TitleHTML, "description": f.Description, "link": f.Link, "language": f.Language, "author": f.Author,
		"updated": stamp(f.Updated), "warnings": f.Warnings, "items": items,
	}, nil
}

func labRead(_ context.Context, row json.RawMessage) (any, error) {
	var in struct {
		File string `json:"file"`
		URL  string `json:"url"`
	}
	if err := decode(row, &in); err != nil {
		return nil, err
	}
	body, err := os.ReadFile(in.File)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", in.File, errors.Unwrap(err))
	}
	p, err := sources.ReadPage(sources.Input{URL: in.URL, Body: body})
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"title": p.Title, "author": p.Author, "date": p.Date, "lang": p.Lang, "text": p.Text, "note": p.Note, "credits": p.Credits,
	}, nil
}

// points turns byte offsets of a text into code points, for offsets that only grow or jump: O(distance).
type points struct {
	s        string
	byte, at int
}

func (p *points) of(b int) int {
	if b < p.byte {
		p.byte, p.at = 0, 0
	}
	p.at += utf8.RuneCountInString(p.s[p.byte:b])
	p.byte = b
	return p.at
}

func (l *lab) quotes(ctx context.Context, row json.RawMessage) (any, error) {
	var in struct {
		Lang  string `json:"lang"`
		Text  string `json:"text"`
		Title string `json:"title"`
		Note  string `json:"note"`
	}
	if err := decode(row, &in); err != nil {
		return nil, err
	}
	if in.Lang == "" {
		in.Lang = text.Language(in.Text, "")
	}
	d := summarize.Document{Article: 1, Title: in.Title, Text: in.Text, Lang: in.Lang, Note: in.Note}
	d.Quotes = quote.Find(quote.Doc{Title: in.Title, Text: in.Text, Lang: in.Lang, Note: in.Note})
	if len(l.models) > 0 {
		qs, err := first(l.models, func(m *summarize.Model) ([]quote.Quote, error) { return m.Quotes(ctx, d) })
		if err != nil {
			return nil, err
		}
		d.Quotes = qs
	}
	return map[string]any{"quotes": quoteRows(d.Text, d.Quotes)}, nil
}

// A quoteRow is a stretch of a quotation as lab writes it: offsets in code points.
type quoteRow struct {
	Start        int        `json:"start"`
	End          int        `json:"end"`
	Text         string     `json:"text"`
	Kind         quote.Kind `json:"kind"`
	Group        int        `json:"group"`
	Speaker      string     `json:"speaker"`
	SpeakerStart *int       `json:"speaker_start"`
	SpeakerEnd   *int       `json:"speaker_end"`
	Verb         string     `json:"verb"`
	Role         string     `json:"role"`
	Venue        string     `json:"venue"`
	Date         string     `json:"date"`
	Via          string     `json:"via"`
	Translated   bool       `json:"translated"`
	Sure         bool       `json:"sure"`
}

// quoteRows are the quotes of a text, a row a stretch.
func quoteRows(body string, quotes []quote.Quote) []quoteRow {
	rows := []quoteRow{}
	p := points{s: body}
	for g, q := range quotes {
		var from, to *int
		if q.SpeakerSpan.Len() > 0 {
			a, b := p.of(q.SpeakerSpan.Start), p.of(q.SpeakerSpan.End)
			from, to = &a, &b
		}
		for _, s := range q.Spans {
			rows = append(rows, quoteRow{
				p.of(s.Start), p.of(s.End), s.Of(body), q.Kind, g, q.Speaker, from, to, q.Verb, q.Role, q.Venue, q.Date, q.Via, q.Translated, q.Sure,
			})
		}
	}
	return rows
}

// first returns what the first model gives that gives something.
func first[T any](models []*summarize.Model, ask func(m *summarize.Model) (T, error)) (v T, err error) {
	for _, m := range models {
		if v, err = ask(m); err == nil {
			return v, nil
		}
	}
	return v, err
}

// labStories groups the whole input, in order of time, regrouping as often as the running program does, and answers at its end.
func labStories(ctx context.Context, in io.Reader, out *bufio.Writer) error {
	var (
		rows    []json.RawMessage
		cluster []int64
		failed  = map[int]error{}
		last    int64

		newest, regrouped time.Time
	)
	g := story.New(func() (int64, error) { last++; return last, nil })
	regroup := func() error {
		regrouped = newest
		moves, err := g.Recluster(newest)
		for _, m := range moves {
			cluster[m.Doc-1] = m.Story
		}
		return err
	}
	err := eachRow(ctx, in, func(row json.RawMessage) error {
		rows, cluster = append(rows, bytes.Clone(row)), append(cluster, 0)
		var r struct{ Date, Lang, Title, Text string }
		if err := decode(row, &r); err != nil {
			failed[len(rows)-1] = err
			return nil
		}
		t, err := time.Parse(time.RFC3339, r.Date)
		if err != nil {
			failed[len(rows)-1] = fmt.Errorf("date is %q; write it as 2025-02-27T08:00:00Z", r.Date)
			return nil
		}
		if newest = t; newest.Sub(regrouped) >= ingest.Recluster && len(rows) > 1 {
			if err := regroup(); err != nil {
				return err
			}
		}
		cluster[len(rows)-1], err = g.Add(story.Doc{ID: int64(len(rows)), Time: t, Lang: r.Lang, Title: r.Title, Text: r.Text})
		return err
	})
	if err != nil {
		return err
	}
	if err := regroup(); err != nil {
		return err
	}
	for i, row := range rows {
		err := answer(out, row, func() (any, error) {
			return map[string]any{"cluster": fmt.Sprint(cluster[i])}, failed[i]
		})
		if err != nil {
			return err
		}
	}
	return nil
}
