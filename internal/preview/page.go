package preview

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// A drawn is a message, or what else an interaction is answered with, as the page's template reads it.
type drawn struct {
	Name    string // of who wrote it
	Above   template.HTML
	Content template.HTML
	Embeds  []drawnEmbed
	Files   []string
	Rows    [][]Button
	Below   string // who alone sees it, "" for everybody
	Modal   *modal
	Typed   string // beneath suggestions
	Choices []string
}

type drawnEmbed struct {
	Title template.HTML
	Body  template.HTML
	Color string
}

// Page writes messages as one HTML page that looks like a Discord channel. It loads nothing and runs no script, and tells
// the browser to refuse both.
func Page(w io.Writer, channel string, messages []Message) error {
	list := make([]drawn, len(messages))
	for i, m := range messages {
		list[i] = draw(m, clock{})
	}
	return write(w, channel, "en", list)
}

func write(w io.Writer, channel, lang string, list []drawn) error {
	data := struct {
		Channel, Lang string
		Messages      []drawn
	}{channel, lang, list}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// draw makes the HTML of a message.
func draw(m Message, c clock) drawn {
	out := drawn{Name: "Attaché", Content: markup(c.told(m.Content))}
	for _, e := range m.Embeds {
		out.Embeds = append(out.Embeds, drawnEmbed{
			Title: runsHTML([]run{{text: plainText(c.told(e.Title)), url: e.URL}}),
			Body:  markup(c.told(e.Description)), Color: fmt.Sprintf("#%06x", e.Color&0xffffff),
		})
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, fileMark+oneLine(f.Name))
	}
	for _, r := range m.Rows {
		if labels := r.labels(); len(labels) > 0 {
			out.Rows = append(out.Rows, labels)
		}
	}
	return out
}

// markup turns the Markdown of a message into HTML; every text is escaped. Each line finds its own direction.
func markup(s string) template.HTML {
	if s == "" {
		return ""
	}
	var sb strings.Builder
	quoting := false
	turn := func(quote bool) {
		switch {
		case quote && !quoting:
			sb.WriteString("<blockquote>")
		case !quote && quoting:
			sb.WriteString("</blockquote>")
		}
		quoting = quote
	}
	for _, l := range lines(s) {
		turn(l.quote)
		class := ""
		if l.small {
			class = ` class="small"`
		}
		sb.WriteString("<p dir=\"auto\"" + class + ">" + string(runsHTML(l.runs)) + "</p>")
	}
	turn(false)
	return template.HTML(sb.String())
}

func runsHTML(runs []run) template.HTML {
	var sb strings.Builder
	for _, r := range runs {
		if r.text == "" {
			continue
		}
		s := template.HTMLEscapeString(r.text)
		if r.mention {
			s = `<span class="mention">` + s + "</span>"
		}
		if r.bold {
			s = "<strong>" + s + "</strong>"
		}
		if r.italic {
			s = "<em>" + s + "</em>"
		}
		if followed(r.url) {
			s = `<a rel="noreferrer noopener" href="` + template.HTMLEscapeString(r.url) + `">` + s + "</a>"
		}
		sb.WriteString(s)
	}
	return template.HTML(sb.String())
}
