package fakellm

import (
	"strings"

	"attache/internal/text"
)

// payload is the first of Options.Payloads that the prompt holds, "" when it holds none.
func (s *Server) payload(a ask) string {
	prompt := a.user + "\n" + words(a)
	normal := spaces(prompt)
	for _, p := range s.o.Payloads {
		if p != "" && (strings.Contains(prompt, p) || strings.Contains(normal, spaces(p))) {
			return p
		}
	}
	return ""
}

// words are the texts of the articles as they read, without the escapes of JSON.
func words(a ask) string {
	var b strings.Builder
	for _, art := range a.material.Articles {
		b.WriteString(art.Title + "\n" + strings.Join(art.Paragraphs, "\n") + "\n")
	}
	for _, st := range a.statements {
		b.WriteString(st.Text + "\n" + st.Evidence + "\n")
	}
	return b.String()
}

// spaces is s as an article would keep it, on one line.
func spaces(s string) string { return strings.Join(strings.Fields(text.Normalize(s)), " ") }

// copied puts a payload into every field, as it was written and as the article keeps it; the quotation is as the article
// keeps it, so that it is found there.
func (s *Server) copied(a ask, payload string) any {
	return s.filled(a, payload, []string{payload, spaces(payload)}, believable)
}

// leaked puts every line of the system text, the nonce and its markers into every field.
func (s *Server) leaked(a ask) any {
	var lines []string
	if a.nonce != "" {
		lines = append(lines, a.nonce, "articles-"+a.nonce)
	}
	for _, l := range strings.Split(a.system, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		lines = []string{"there is nothing to leak"}
	}
	return s.filled(a, lines[0], lines, 0)
}

// believable is how many bullets a reply may have that is not thrown away for their number alone.
const believable = 12

// filled is a reply of the schema that was asked for, with a text alone as headline and each of texts in each field: alone,
// beside what an honest reply says, and as its evidence; most bullets, where that is not 0.
func (s *Server) filled(a ask, alone string, texts []string, most int) any {
	switch a.schema {
	case "judge":
		out := []verdict{}
		for _, st := range a.statements {
			out = append(out, verdict{st.Bullet, true})
		}
		return map[string]any{"verdicts": out}
	case "quotes":
		out := []said{}
		for _, t := range texts {
			out = append(out, said{t, t})
			for _, q := range quoted(a) {
				out = append(out, said{q.Quote, t})
			}
		}
		return map[string]any{"quotes": out}
	case "canary":
		return map[string]any{"first": alone, "last": alone}
	case "brief", "translation":
	default:
		return strings.Join(texts, "\n")
	}
	b := s.brief(a)
	if a.schema == "translation" {
		b = s.translated(a)
	}
	where := 1
	if i := holder(a, alone); i >= 0 {
		where = a.material.Articles[i].Article
	}
	bullets := []bullet{}
	for i, t := range texts {
		whole := bullet{Text: t, Article: where, Quote: spaces(t)}
		raw := bullet{Text: t, Article: where, Quote: t}
		if a.schema == "translation" {
			whole.Names = &[]name{{t, t}}
			raw.Names = &[]name{{t, spaces(t)}}
		}
		bullets = append(bullets, whole, raw)
		if len(b.Bullets) > 0 {
			beside := b.Bullets[i%len(b.Bullets)]
			beside.Text += " " + t
			bullets = append(bullets, beside)
			before := b.Bullets[i%len(b.Bullets)]
			before.Text = t + " " + before.Text
			bullets = append(bullets, before)
		}
	}
	if b.Quotations != nil {
		for i := range *b.Quotations {
			(*b.Quotations)[i].Text = texts[i%len(texts)]
		}
	}
	b.Bullets = append(bullets, b.Bullets...)
	if most > 0 {
		b.Bullets = b.Bullets[:min(len(b.Bullets), most)]
	}
	b.Headline = alone
	return b
}

// holder is the place of the article that holds a text, -1 when none does.
func holder(a ask, t string) int {
	for i, art := range a.material.Articles {
		if strings.Contains(spaces(art.Title+" "+strings.Join(art.Paragraphs, " ")), spaces(t)) {
			return i
		}
	}
	return -1
}
