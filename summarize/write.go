package summarize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"attache/summarize/model"
	"attache/summarize/verify"
)

// Kinds of prompts.
const (
	kindBrief       = "brief"
	kindTranslation = "translation"
	kindJudge       = "judge"
	kindQuotes      = "quotes"
)

// ErrUnproven says that a model answered, was told what was wrong and answered again, and nothing that it wrote can be
// proven. To ask it once more for the same articles would be the same again.
var ErrUnproven = errors.New("nothing that the model wrote can be proven")

// Model is the engine that has a model write, behind an OpenAI-compatible endpoint. Nothing that the model answers is
// believed: a bullet stands on words of one article that are located there, and passes Check; links, order and outlets
// come from the documents; quotes are those that the rules found.
//
// One story is one call. When something of the answer fails, one more call says what; what fails again is left out.
type Model struct {
	log    *slog.Logger
	client *model.Client
	judge  bool
}

// NewModel returns the engine over client. With judge, a second call asks of each bullet whether its evidence supports it,
// and bullets that it does not are dropped.
func NewModel(log *slog.Logger, client *model.Client, judge bool) *Model {
	return &Model{log: log, client: client, judge: judge}
}

// Name is the model's name, which readers see.
func (m *Model) Name() string { return m.client.Endpoint().Model }

// Version holds what beside the model and the articles makes a brief: prompts and schemas, the endpoint and how it is asked.
func (m *Model) Version() string {
	e := m.client.Endpoint()
	v := fmt.Sprintf("%s %s %s %d %d", promptVersion(), e.Name, e.Structured, e.Context, e.MaxOutput)
	if e.Temperature != nil {
		v += fmt.Sprintf(" t%g", *e.Temperature)
	}
	if m.judge {
		v += " judged"
	}
	return v
}

// Brief has the model write the brief of a story. Errors are those of the client's Ask, and ErrUnproven.
func (m *Model) Brief(ctx context.Context, r Request) (Brief, error) {
	w := writing{m: m, r: r, docs: offered(r.Docs)}
	if len(w.docs) == 0 {
		return Brief{}, ErrUnproven
	}
	w.b = Brief{Lang: r.Lang, Engine: m.Name(), Version: m.Version()}
	if w.b.Lang == "" {
		w.b.Lang = byLanguage(w.docs, "")[0][0].Lang
	}
	w.kind = kindBrief
	for _, d := range w.docs {
		if d.Lang != "" && d.Lang != w.b.Lang {
			w.kind = kindTranslation
		}
	}
	var err error
	if w.docs, w.most, err = fitted(w.docs, w.kind, m.client.Endpoint()); err != nil {
		return Brief{}, err
	}
	w.check = newChecker(w.docs)
	w.b.Quotes = bestQuotes(inOrder(r.Docs), w.b.Lang, cmp.Or(r.Quotes, DefaultQuotes))
	if err := w.write(ctx); err != nil {
		return Brief{}, err
	}
	if m.judge {
		w.judged(ctx)
	}
	if len(w.b.Bullets) == 0 {
		return Brief{}, ErrUnproven
	}
	w.limit(ctx)
	parties(w.b.Bullets, w.r.Docs)
	return w.b, nil
}

// ask puts a prompt to the model and returns what it answered, for whoever the context names. Errors are those of the
// client's Ask, and an errReply when the answer repeats the mark, which no article and no sentence holds.
func (m *Model) ask(ctx context.Context, p prompt) (string, error) {
	q, err := p.words()
	if err != nil {
		return "", err
	}
	q.Payer, q.MaxOutput = model.PayerOf(ctx), m.client.Endpoint().MaxOutput
	if p.Repair != nil {
		q.Purpose = "repair"
	}
	a, err := m.client.Ask(ctx, q)
	if err != nil {
		return "", err
	}
	if strings.Contains(a.Content, p.Mark) {
		return "", errReply{"it repeats the line around the articles"}
	}
	return a.Content, nil
}

// A writing is a brief while a model writes it.
type writing struct {
	m     *Model
	r     Request
	kind  string
	docs  []Document // that the model is shown, by its numbers
	most  int        // bytes of each
	b     Brief
	asked []int // the quotes of b whose translation is asked for
	check *checker
}

// write asks the model, and once more when something of its answer fails.
func (w *writing) write(ctx context.Context) error {
	first, err := w.ask(ctx, "", nil)
	var bad []failure
	whole := ""
	switch {
	case unusable(err):
		whole = clip(err.Error(), 300)
	case declined(err):
		return fmt.Errorf("%w: %w", ErrUnproven, err)
	case err != nil:
		return err
	default:
		bad, whole = w.take(first, nil)
	}
	if whole == "" && len(bad) == 0 {
		return nil
	}
	again, err := w.ask(ctx, whole, bad)
	if err == nil {
		bad, whole = w.take(again, bad)
	}
	switch {
	case err != nil && len(w.b.Bullets) == 0 && !unusable(err):
		return err
	case err != nil:
		w.m.log.Info("repair of a brief failed", "model", w.m.Name(), "err", err)
	case whole != "" || len(bad) > 0:
		w.m.log.Info("bullets dropped", "model", w.m.Name(), "dropped", len(bad), "why", reasons(whole, bad))
	}
	if len(w.b.Bullets) == 0 || w.b.Headline == "" {
		return ErrUnproven
	}
	return nil
}

// unusable reports whether an answer came that cannot be used, and to say so may help. A model that refuses, a filter and
// a server that is out of order are not argued with.
func unusable(err error) bool {
	var own errReply
	var reply *model.ReplyError
	if errors.As(err, &reply) {
		return slices.Contains([]model.Kind{model.Truncated, model.Empty, model.NoText, model.ToolCalls, model.Choices}, reply.Kind)
	}
	return errors.As(err, &own)
}

// declined reports whether a model, or a filter around it, will not write about these articles.
func declined(err error) bool {
	var reply *model.ReplyError
	return errors.As(err, &reply) && (reply.Kind == model.Refused || reply.Kind == model.Filtered)
}

// A failure is a bullet that could not be proven, at its place in the brief.
type failure struct {
	at  int
	p   proposed
	why string
}

func reasons(whole string, bad []failure) string {
	all := []string{}
	if whole != "" {
		all = append(all, whole)
	}
	for _, f := range bad {
		all = append(all, f.why)
	}
	return strings.Join(all, "; ")
}

// ask asks the model; whole or bad say what was wrong with its last answer.
func (w *writing) ask(ctx context.Context, whole string, bad []failure) (answered, error) {
	p := prompt{kind: w.kind, Mark: newMark("articles"), Language: languageName(w.b.Lang), Bullets: cmp.Or(w.r.Bullets, DefaultBullets)}
	if whole != "" || len(bad) > 0 {
		p.Repair = &repair{Whole: whole, Failed: failed(bad)}
	}
	mat := material{Articles: show(w.docs, w.most), Language: w.b.Lang, Bullets: p.Bullets}
	if w.kind == kindTranslation && len(bad) == 0 {
		mat.Quotations = w.quotations()
	}
	p.Articles = encode(mat)
	content, err := w.m.ask(ctx, p)
	if err != nil {
		return answered{}, err
	}
	got, words, err := readReply(w.kind, content)
	if len(mat.Quotations) > 0 {
		w.translated(words)
	}
	return got, err
}

// failed are bullets with what is wrong with them, a JSON object a line.
func failed(bad []failure) string {
	var lines []string
	for _, f := range bad {
		lines = append(lines, encode(struct {
			Text    string `json:"text"`
			Article int    `json:"article"`
			Quote   string `json:"quote"`
			Problem string `json:"problem"`
		}{clip(f.p.Text, bulletMost), f.p.Article, clip(f.p.Quote, bulletMost), clip(f.why, 300)}))
	}
	return strings.Join(lines, "\n")
}

// take proves an answer and keeps what holds. It returns the bullets that do not, or what makes all of the answer useless.
// When bad is given, the answer replaces these bullets alone, in their order.
func (w *writing) take(a answered, bad []failure) ([]failure, string) {
	if w.b.Headline == "" {
		if why := w.headline(a); why != "" {
			return nil, why
		}
	}
	var fails []failure
	limit := cmp.Or(w.r.Bullets, DefaultBullets)
	for i, p := range a.Bullets {
		at := len(w.b.Bullets)
		if bad != nil {
			if i >= len(bad) {
				break
			}
			at = min(bad[i].at, len(w.b.Bullets))
		}
		b, why := p.bullet(w.docs, w.b.Lang)
		if why == "" {
			b, why = w.prove(b)
		}
		switch {
		case why != "":
			fails = append(fails, failure{at, p, why})
		case len(w.b.Bullets) < limit:
			w.b.Bullets = slices.Insert(w.b.Bullets, at, b)
		}
	}
	return fails, ""
}

// prove passes one bullet through Check.
func (w *writing) prove(b Bullet) (Bullet, string) {
	if slices.ContainsFunc(w.b.Bullets, func(o Bullet) bool { return o.ID == b.ID || oneSpaced(o.Text) == oneSpaced(b.Text) }) {
		return b, "another bullet says the same"
	}
	return w.check.bullet(b)
}

// headline takes the model's headline when some article bears it; why says what is wrong with it.
func (w *writing) headline(a answered) (why string) {
	h := oneSpaced(a.Headline)
	if n := utf8.RuneCountInString(h); n == 0 || n > headlineMost {
		return fmt.Sprintf("the headline has %d characters; one to %d are right", n, headlineMost)
	}
	var names []verify.Pair
	for _, b := range a.Bullets {
		names = append(names, b.Names...)
	}
	if why := addressed(h, w.b.Lang); why != "" {
		return "the headline cannot be used: " + why
	}
	from, why := w.check.written(h, w.b.Lang, names, Evidence{})
	if why != "" {
		return "the headline cannot be proven: " + why
	}
	w.b.Headline, w.b.HeadlineFrom, w.b.HeadlineNames = h, from, names
	return ""
}

// quotations are the best quotes in other languages, whose translation is asked for with the brief.
func (w *writing) quotations() []shownQuotation {
	w.asked = nil
	var out []shownQuotation
	for i, q := range w.b.Quotes {
		n := slices.IndexFunc(w.docs, func(d Document) bool { return d.Article == q.Article && d.Revision == q.Revision })
		if q.Lang == w.b.Lang || n < 0 || len(out) == translatedMost {
			continue
		}
		w.asked = append(w.asked, i)
		out = append(out, shownQuotation{len(out) + 1, n + 1, strings.Join(q.Words, " … ")})
	}
	return out
}

// translatedMost is how many quotes of a brief are translated: a digest shows one, a story's page a few.
const translatedMost = 3

// translated keeps the translations that hold.
func (w *writing) translated(ts []translatedWord) {
	for _, t := range ts {
		i := t.Quotation - 1
		if i < 0 || i >= len(w.asked) {
			continue
		}
		q := &w.b.Quotes[w.asked[i]]
		q.Translation, q.Names = oneSpaced(t.Text), t.Names
		if why := w.check.translation(*q, w.b.Lang); why != "" {
			w.m.log.Info("translation dropped", "model", w.m.Name(), "why", why)
			q.Translation, q.Names = "", nil
		}
	}
}

// limit marks the bullets that limit the lead, and adds the sentence that limits it where the model left it out: a brief
// never says less than the articles about what is not agreed. Only of articles in the reader's language, whose sentence can
// stand as it is.
func (w *writing) limit(ctx context.Context) {
	w.order()
	ex, err := Extractive{}.Brief(ctx, Request{Docs: w.r.Docs, Lang: w.b.Lang})
	if err != nil {
		return
	}
	for _, l := range ex.Bullets {
		if !l.Limits || l.Lang != w.b.Lang {
			continue
		}
		i := slices.IndexFunc(w.b.Bullets, func(b Bullet) bool {
			return slices.ContainsFunc(b.Evidence, func(e Evidence) bool {
				return slices.ContainsFunc(l.Evidence, func(o Evidence) bool {
					return e.Article == o.Article && e.Revision == o.Revision && e.Span.Overlaps(o.Span)
				})
			})
		})
		if i >= 0 {
			w.b.Bullets[i].Limits = true
			continue
		}
		w.b.Bullets = slices.Insert(w.b.Bullets, 1, l)
		break // the first is the one that limits the lead most
	}
}

// order moves the first bullet that limits the lead behind it. The lead itself limits nothing.
func (w *writing) order() {
	bs := w.b.Bullets
	if len(bs) == 0 {
		return
	}
	bs[0].Limits = false
	if i := slices.IndexFunc(bs, func(b Bullet) bool { return b.Limits }); i > 1 {
		b := bs[i]
		w.b.Bullets = slices.Insert(slices.Delete(bs, i, i+1), 1, b)
	}
}

// judged asks which bullets their evidence supports and drops the others. When the judge fails, the bullets stay: the
// checks of code have passed.
func (w *writing) judged(ctx context.Context) {
	pairs := make([]Judged, len(w.b.Bullets))
	for i, b := range w.b.Bullets {
		pairs[i] = Judged{b.Text, b.Evidence[0].Text}
	}
	verdicts, err := w.m.Judge(ctx, pairs)
	if err != nil {
		w.m.log.Warn("bullets not judged", "model", w.m.Name(), "err", err)
		return
	}
	var kept []Bullet
	for i, b := range w.b.Bullets {
		if verdicts[i] {
			kept = append(kept, b)
		}
	}
	if n := len(w.b.Bullets) - len(kept); n > 0 {
		w.m.log.Info("bullets dropped by the judge", "model", w.m.Name(), "dropped", n)
	}
	w.b.Bullets = kept
}
