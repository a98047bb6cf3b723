package crash

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"attache/internal/fakediscord"
)

// judge says what is wrong, a sentence each; nothing when every promise was kept.
func (f *facts) judge() []string {
	problems := slices.Concat(f.articles(), f.deliveries(), f.posts(), twice(f.messages), f.words(), f.model())
	for _, v := range f.violated {
		problems = append(problems, "a request that no right client sends: "+v)
	}
	for _, d := range f.damage {
		problems = append(problems, "the database is damaged: "+d)
	}
	return problems
}

// articles: each that was published is stored once, whole and ingested; nothing else is.
func (f *facts) articles() (problems []string) {
	bad := func(path, format string, args ...any) {
		problems = append(problems, "article "+path+" "+fmt.Sprintf(format, args...))
	}
	for _, p := range f.published {
		switch s := f.stored[p.path]; {
		case len(s) == 0:
			bad(p.path, "is lost")
		case !s[0].ingested:
			bad(p.path, "is not ingested")
		case !s[0].found:
			bad(p.path, "is not in the index of words")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(f.stored)) {
		p, known := f.known[path]
		if !known {
			bad(path, "was never published")
		}
		if n := len(f.stored[path]); n > 1 {
			bad(path, "is stored %d times", n)
		}
		for _, s := range f.stored[path] {
			if known && (s.title != p.title || !holds(s.text, p.paras)) {
				bad(path, "is not what was published: %q", s.title+"\n"+s.text)
			}
		}
	}
	return problems
}

// holds reports whether text has all paragraphs in their order.
func holds(text string, paras []string) bool {
	for _, p := range paras {
		_, rest, ok := strings.Cut(text, p)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// deliveries: each slot that fell due has one delivery, and it was sent.
func (f *facts) deliveries() (problems []string) {
	bad := func(s slot, format string, args ...any) {
		problems = append(problems, fmt.Sprintf("slot %s of minute %d ", s.wall, s.minute)+fmt.Sprintf(format, args...))
	}
	for _, s := range f.slots {
		switch ds := f.delivered[s]; {
		case len(ds) == 0:
			bad(s, "was missed")
		case ds[0].status != "sent":
			bad(s, "is %s: %s", ds[0].status, ds[0].reason)
		}
	}
	for s, ds := range f.delivered {
		if !f.due[s] {
			bad(s, "never fell due")
		}
		if len(ds) > 1 {
			bad(s, "has %d deliveries", len(ds))
		}
		for _, d := range ds {
			if d.status == "sent" && d.parts == 0 {
				bad(s, "was sent without a part")
			}
		}
	}
	return problems
}

// posts: each part that was sent stands in its channel once, under the id that was kept; nothing else does.
func (f *facts) posts() (problems []string) {
	byNonce, inChannel := map[string][]fakediscord.Message{}, map[string][]fakediscord.Message{}
	for _, m := range f.messages {
		byNonce[m.Nonce] = append(byNonce[m.Nonce], m)
		inChannel[m.Channel] = append(inChannel[m.Channel], m)
	}
	for _, p := range f.parts {
		bad := func(format string, args ...any) {
			problems = append(problems, fmt.Sprintf("part %d of delivery %d, %s, ", p.n, p.delivery, p.status)+fmt.Sprintf(format, args...))
		}
		ms := byNonce[p.nonce]
		delete(byNonce, p.nonce)
		marked := 0
		for _, m := range inChannel[p.channel] {
			if strings.Contains(m.Content, p.marker) {
				marked++
			}
		}
		switch {
		case len(ms) > 1 || marked > 1:
			bad("stands in its channel %d times", max(len(ms), marked))
		case p.status == "sent" && (len(ms) == 0 || marked == 0):
			bad("is not in its channel")
		case p.status == "failed":
			bad("was given up")
		}
		if p.status == "sent" && len(ms) == 1 && ms[0].ID != p.message {
			bad("is message %s and was kept as %q", ms[0].ID, p.message)
		}
	}
	for _, nonce := range slices.Sorted(maps.Keys(byNonce)) {
		problems = append(problems, fmt.Sprintf("%d messages with the nonce %q belong to no part", len(byNonce[nonce]), nonce))
	}
	return problems
}

// twice: no channel has two messages of one nonce, nor the same words twice: each part has a marker of its own.
func twice(messages []fakediscord.Message) (problems []string) {
	type said struct{ channel, what string }
	seen := map[said]bool{}
	for _, m := range messages {
		nonce, words := said{m.Channel, m.Nonce}, said{m.Channel, m.Content}
		if seen[nonce] || seen[words] {
			problems = append(problems, fmt.Sprintf("a digest stands in channel %s twice: %q", m.Channel, m.Content))
		}
		seen[nonce], seen[words] = true, true
	}
	return problems
}

// words: what stands in quotation marks is the article's.
func (f *facts) words() (problems []string) {
	for _, q := range f.quotes {
		for _, w := range q.words {
			if !strings.Contains(q.text, w) {
				problems = append(problems, fmt.Sprintf("a quote is not its article's: %q", w))
			}
		}
	}
	return problems
}

// model: each question has its row, and what it cost is booked, whatever became of its answer.
func (f *facts) model() (problems []string) {
	if f.booked < f.asked {
		problems = append(problems, fmt.Sprintf("the model was asked %d times, and %d questions are booked", f.asked, f.booked))
	}
	if f.tokens < f.billed {
		problems = append(problems, fmt.Sprintf("the model used %d tokens, and %d are booked", f.billed, f.tokens))
	}
	return problems
}
