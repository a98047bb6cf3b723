package summarize_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/fakellm"
	"attache/internal/fakellm/spectest"
	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/model"
)

// talks are the invented articles of the hostile replies' story.
func talks(t *testing.T) []summarize.Document {
	t.Helper()
	var file struct {
		Articles []struct {
			ID                  int64
			Source, Title, Body string
			Published           time.Time
		}
	}
	if err := json.Unmarshal(shared(t, "eval/injection/articles.json"), &file); err != nil {
		t.Fatal(err)
	}
	var docs []summarize.Document
	for _, a := range file.Articles {
		d := document(a.ID, a.Title, text.Normalize(a.Body), "en", "")
		d.Outlet, d.Published = a.Source, a.Published
		docs = append(docs, d)
	}
	return docs
}

// written is an engine over a fake server.
func written(t *testing.T, s *fakellm.Server, judge bool) *summarize.Model {
	t.Helper()
	e := model.Endpoint{Name: "fake", BaseURL: "http://127.0.0.1:1/v1", Model: "fake-model", Context: 16000, MaxOutput: 1500,
		Structured: model.Strict, CapField: "max_tokens", Timeout: 10 * time.Second}
	log := slog.New(slog.NewTextHandler(testWriter{t}, nil))
	return summarize.NewModel(log, model.New(log, e, &purse{}, model.Options{Transport: s.Transport()}), judge)
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Helper()
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// TestWritten has an honest model brief each story of the samples.
func TestWritten(t *testing.T) {
	docs := talks(t)
	s := fakellm.New(fakellm.Options{Seed: 1, Check: spectest.Checker(t)})
	b, err := written(t, s, false).Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if b.Headline == "" || len(b.Bullets) < 2 || len(b.Quotes) == 0 || b.Engine != "fake-model" {
		t.Fatalf("brief %+v", b)
	}
	if again, dropped := summarize.Check(b, docs); len(dropped) > 0 || len(again.Bullets) != len(b.Bullets) || again.Headline != b.Headline {
		t.Errorf("a second look drops %q", dropped)
	}
	if n := len(s.Calls()); n != 1 {
		t.Errorf("%d calls for one story", n)
	}
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations: %q", v)
	}
}

// TestWrittenReplies gives the engine each reply of the list, twice: what it owes is the verdict of its row.
func TestWrittenReplies(t *testing.T) {
	docs := talks(t)[:2]
	limits := 0
	for line := range bytes.Lines(shared(t, "eval/injection/hostile_model_replies.jsonl")) {
		var row struct {
			fakellm.Reply
			Verdict    string
			Dropped    int
			Why        string
			KnownLimit bool `json:"known_limit"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		t.Run(row.ID, func(t *testing.T) {
			var asked struct{ Bullets []json.RawMessage }
			_ = json.Unmarshal([]byte(row.Content), &asked)
			s := fakellm.New(fakellm.Options{Mode: fakellm.Hostile, Replies: []fakellm.Reply{row.Reply}})
			b, err := written(t, s, false).Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"})
			// The sentence that limits the lead is put in where the model left it out: it is the outlet's own.
			b.Bullets = slices.DeleteFunc(b.Bullets, func(x summarize.Bullet) bool { return x.Text == x.Evidence[0].Text })
			switch {
			case row.KnownLimit:
				if err == nil {
					limits++
				}
			case row.Verdict == "reject":
				if !errors.Is(err, summarize.ErrUnproven) {
					t.Errorf("%s: got %+v, %v", row.Why, b, err)
				}
			case err != nil:
				t.Errorf("%s: %v", row.Why, err)
			case len(b.Bullets) != len(asked.Bullets)-row.Dropped:
				t.Errorf("%s: %d of %d bullets are left, %d are to be dropped", row.Why, len(b.Bullets), len(asked.Bullets), row.Dropped)
			}
		})
	}
	t.Logf("%d replies of the known limits passed", limits)
}

// purse is a ledger that counts what is booked and has no cap.
type purse struct {
	mu   sync.Mutex
	n    int64
	open map[int64]model.Call
}

func (p *purse) Open(_ context.Context, c model.Call) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[int64]model.Call{}
	}
	p.n++
	p.open[p.n] = c
	return p.n, nil
}

func (p *purse) Close(_ context.Context, id int64, _ model.Usage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, id)
	return nil
}

// TestTranslated has an honest model brief German articles for English readers: the bullets are in English, with the names
// paired; the quotes stay German and have a translation.
func TestTranslated(t *testing.T) {
	docs := []summarize.Document{
		document(1, "Orel reist nach Lund", "PORT LANE – Ministerpräsident Tomas Orel reist am 9. März nach Lund, wie sein Büro am Montag mitteilte.\nOrel sagte: „Wir erwarten von diesem Treffen keine Wunder, aber einen Anfang.“\nDas Treffen mit Außenministerin Ana Tervo dauert 2 Tage.", "de", ""),
	}
	s := fakellm.New(fakellm.Options{Seed: 3, Check: spectest.Checker(t)})
	b, err := written(t, s, true).Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if b.Lang != "en" || len(b.Bullets) == 0 || b.Bullets[0].Lang != "en" || len(b.Bullets[0].Names) == 0 || !strings.Contains(b.Bullets[0].Evidence[0].Text, "9. März") {
		t.Errorf("brief %+v", b)
	}
	if len(b.Quotes) != 1 || b.Quotes[0].Lang != "de" || b.Quotes[0].Translation == "" || strings.ContainsAny(b.Quotes[0].Translation, "“”„\"") {
		t.Errorf("quotes %+v", b.Quotes)
	}
	if again, dropped := summarize.Check(b, docs); len(dropped) > 0 || len(again.Bullets) != len(b.Bullets) {
		t.Errorf("a second look drops %q", dropped)
	}
	if n := len(s.Calls()); n != 2 || s.Calls()[0].Schema != "translation" || s.Calls()[1].Schema != "judge" {
		t.Errorf("%d calls", n)
	}
	// A name that is no pair, and a pair that the article does not have, fall.
	for name, spoil := range map[string]func(b *summarize.Bullet){
		"no pair":    func(b *summarize.Bullet) { b.Names = nil },
		"wrong pair": func(b *summarize.Bullet) { b.Names[0].Source = "Sergei Orlow" },
	} {
		bad := b
		bad.Bullets = slices.Clone(b.Bullets[:1])
		bad.Bullets[0].Names = slices.Clone(b.Bullets[0].Names)
		bad.Bullets[0].Text = "Petrov Morel travels on 9 March."
		spoil(&bad.Bullets[0])
		if left, _ := summarize.Check(bad, docs); len(left.Bullets) > 0 {
			t.Errorf("%s: %+v passes", name, left.Bullets[0])
		}
	}
}

// TestRepair: what failed is named once, and what comes right then is in the brief.
func TestRepair(t *testing.T) {
	docs := talks(t)[:1]
	reply := func(bullets string) fakellm.Reply {
		return fakellm.Reply{Content: `{"headline":"Norland and Estavia meet","bullets":[` + bullets + `]}`}
	}
	good := `{"text":"Estavia wants 1,200 Norland border guards withdrawn.","article":1,"quote":"only if Norland withdraws 1,200 border guards"}`
	wrong := `{"text":"Estavia wants 1,300 border guards withdrawn.","article":1,"quote":"only if Norland withdraws 1,200 border guards"}`
	second := `{"text":"A second round is confirmed for 4 December.","article":1,"quote":"confirmed a second round on 4 December"}`
	for _, c := range []struct {
		name    string
		replies []fakellm.Reply
		want    []string // beginnings of the bullets
		named   string   // what the second prompt says
	}{
		{"a bullet", []fakellm.Reply{reply(wrong + "," + second), reply(good)}, []string{"Estavia wants 1,200", "A second round"}, "1,300"},
		{"a bullet that stays wrong", []fakellm.Reply{reply(wrong + "," + second), reply(wrong)}, []string{"A second round"}, "1,300"},
		{"all of it", []fakellm.Reply{{Content: "Certainly! " + reply(good).Content}, reply(good)}, []string{"Estavia wants 1,200"}, "not the JSON"},
		{"cut off", []fakellm.Reply{{Content: `{"headline":"N`, FinishReason: "length"}, reply(good)}, []string{"Estavia wants 1,200"}, "truncated"},
		{"more than was asked for", []fakellm.Reply{reply(wrong), reply(good + "," + second)}, []string{"Estavia wants 1,200"}, "1,300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakellm.New(fakellm.Options{Mode: fakellm.Hostile, Replies: c.replies})
			b, err := written(t, s, false).Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range b.Bullets {
				if x.Text != x.Evidence[0].Text { // not the limiting sentence that is put in
					got = append(got, x.Text)
				}
			}
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("bullets %q", got)
			}
			calls := s.Calls()
			if len(calls) != 2 || !strings.Contains(string(calls[1].Body), c.named) {
				t.Errorf("%d calls; the second does not say %q", len(calls), c.named)
			}
		})
	}
}

// TestLimitIsKept: a model that leaves out what limits the lead has it put back, as the outlet wrote it.
func TestLimitIsKept(t *testing.T) {
	docs := []summarize.Document{document(1, "Norland and Estavia begin talks in Lund",
		"Delegations from Norland and Estavia began talks in Lund on Monday about the closed border crossings.\nA treaty is not on the agenda of the talks in Lund, both delegations said.\nThe talks last two days.", "en", "")}
	s := fakellm.New(fakellm.Options{Mode: fakellm.Hostile, Replies: []fakellm.Reply{{Content: `{"headline":"Talks begin in Lund","bullets":[{"text":"Norland and Estavia began talks in Lund.","article":1,"quote":"began talks in Lund on Monday"},{"text":"The talks last two days.","article":1,"quote":"The talks last two days"}]}`}}})
	b, err := written(t, s, false).Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"})
	if err != nil || len(b.Bullets) != 3 || !b.Bullets[1].Limits || !strings.HasPrefix(b.Bullets[1].Text, "A treaty is not on the agenda") {
		t.Errorf("%+v, %v", b.Bullets, err)
	}
}

// TestModelQuotes: a model names the speaker of words that the rules left open, and cannot turn words or speakers into others.
func TestModelQuotes(t *testing.T) {
	body := "“We agreed on a calendar, not on substance.”\nIlse Markham, Norland's foreign minister, left without another word. Teodor Rusk of Estavia had left before her.\nThe crossings stay shut until December.\nNobody spoke to reporters on the second day.\n“Nothing was signed,” Rusk said."
	d := document(1, "Talks end", body, "en", "")
	for _, c := range []struct{ name, reply, first, last string }{
		{"named beside it", `{"quote":"We agreed on a calendar, not on substance","speaker":"Ilse Markham"}`, "Ilse Markham", "Teodor Rusk"},
		{"nobody of that name", `{"quote":"We agreed on a calendar, not on substance","speaker":"Hanna Okoro"}`, "", "Teodor Rusk"},
		{"words that nobody said", `{"quote":"The crossings stay shut until December","speaker":"Teodor Rusk"}`, "", "Teodor Rusk"},
		{"against the rules", `{"quote":"Nothing was signed","speaker":"Ilse Markham"}`, "", "Teodor Rusk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakellm.New(fakellm.Options{Mode: fakellm.Hostile, Replies: []fakellm.Reply{{Content: `{"quotes":[` + c.reply + `]}`}}})
			qs, err := written(t, s, false).Quotes(context.Background(), d)
			if err != nil || len(qs) != 2 || qs[0].Speaker != c.first || qs[1].Speaker != c.last {
				t.Errorf("%+v, %v", qs, err)
			}
		})
	}
}
