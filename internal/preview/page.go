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

// Page writes messages as one HTML page that looks like a Discord channel. It loads nothing and runs no script.
func Page(w io.Writer, channel string, messages []Message) error {
	type embed struct {
		Title template.HTML
		Body  template.HTML
		Color string
	}
	type message struct {
		Content template.HTML
		Embeds  []embed
	}
	data := struct {
		Channel  string
		Messages []message
	}{Channel: channel}
	for _, m := range messages {
		out := message{Content: markup(m.Content)}
		for _, e := range m.Embeds {
			out.Embeds = append(out.Embeds, embed{
				Title: runsHTML([]run{{text: plainText(e.Title), url: e.URL}}),
				Body:  markup(e.Description), Color: fmt.Sprintf("#%06x", e.Color&0xffffff),
			})
		}
		data.Messages = append(data.Messages, out)
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// plainText is what is left of Markdown without its styles.
func plainText(s string) string {
	var sb strings.Builder
	for _, r := range inline(s) {
		sb.WriteString(r.text)
	}
	return sb.String()
}

// markup turns the Markdown of a message into HTML; every text is escaped.
func markup(s string) template.HTML {
	var sb strings.Builder
	for _, l := range lines(s) {
		class := "line"
		if l.quote {
			class += " quote"
		}
		if l.small {
			class += " small"
		}
		sb.WriteString(`<div class="` + class + `">` + string(runsHTML(l.runs)) + "</div>")
	}
	return template.HTML(sb.String())
}

func runsHTML(runs []run) template.HTML {
	var sb strings.Builder
	for _, r := range runs {
		s := template.HTMLEscapeString(r.text)
		if r.bold {
			s = "<b>" + s + "</b>"
		}
		if r.italic {
			s = "<i>" + s + "</i>"
		}
		if r.url != "" && (strings.HasPrefix(r.url, "https://") || strings.HasPrefix(r.url, "http://")) {
			s = `<a rel="noreferrer" href="` + template.HTMLEscapeString(r.url) + `">` + s + "</a>"
		}
		sb.WriteString(s)
	}
	return template.HTML(sb.String())
}
