package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/store"
)

// The buttons below a posted digest answer every reader from what was stored with it, also after a restart and after the
// articles changed; nobody else sees the answer.
func TestButtonsOfAPostedDigest(t *testing.T) {
	o := newOffice(t)
	id := o.deliver(o.schedule(store.Schedule{Name: "Morning", Lang: "en"}))
	del, err := o.db.Read().Delivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var d digest.Digest
	if err := json.Unmarshal(del.Digest, &d); err != nil {
		t.Fatal(err)
	}
	messages, err := o.bot.Render(d, "seed")
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages: %v", len(messages), err)
	}
	posted, err := o.bot.Send(t.Context(), store.Part{Channel: textID, Nonce: "n1", Marker: messages[0].Marker, Body: messages[0].Body, FirstTry: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	press := func(label string, by fakediscord.User) asked {
		t.Helper()
		for _, b := range buttonsOf(t, messages[0].Body) {
			if b.Label == label {
				return o.ask(fakediscord.Interaction{Kind: fakediscord.Component, Message: posted, CustomID: b.CustomID, User: by, Channel: textID})
			}
		}
		t.Fatalf("there is no button %s", label)
		return asked{}
	}
	before := map[string]string{}
	wants := map[string]string{"Quotes": "“We agree on the fish; we do not yet agree on the nets”", "Sources": "Statement on the round of talks in Porto", "Why this?": "2 independent outlets"}
	for label, want := range wants {
		a := press(label, someReader)
		before[label] = a.shown(t)
		if !a.Ephemeral || !strings.Contains(before[label], want) {
			t.Errorf("%s lacks %q:\n%s", label, want, before[label])
		}
	}
	o.write(func(ctx context.Context, q *store.Q) error { return q.Unsubscribe(ctx, guildID, o.sources["sea"]) })
	o.restart()
	for label := range wants {
		if a := press(label, silent); !a.Ephemeral || a.shown(t) != before[label] {
			t.Errorf("%s after a restart, to somebody else:\n%s\nbefore:\n%s", label, a.shown(t), before[label])
		}
	}
}

// A long answer is turned page by page, also after a restart, and each page can be posted with its own buttons.
func TestPagesOfAnAnswer(t *testing.T) {
	o := newOffice(t)
	const articles = 2*entriesShown + 1
	for i := range articles {
		o.publish(store.Article{Source: o.sources["gazette"], URL: fmt.Sprintf("https://gazette.example/ferry/%d", i), Title: fmt.Sprintf("Ferry report %d", i),
			Text: fmt.Sprintf("The ferry of line %d was late again.", i), Published: deskNow.Add(-time.Duration(i+1) * time.Hour)})
	}
	seen := map[string]bool{}
	note := func(a asked) {
		t.Helper()
		if len(a.Embeds) != 1 {
			t.Fatalf("%s", a.Body)
		}
		for i := range articles {
			if title := fmt.Sprintf("[Ferry report %d]", i); strings.Contains(a.Embeds[0].Description, title) {
				if seen[title] {
					t.Errorf("%s stands on two pages", title)
				}
				seen[title] = true
			}
		}
	}
	first := o.ask(fakediscord.Interaction{Name: "search", Options: map[string]any{"words": "ferry"}})
	note(first)
	second := o.press(first, "Next")
	note(second)
	o.restart()
	third := o.press(first, id(t, second, "Next"))
	note(third)
	if len(seen) != articles {
		t.Errorf("%d of %d articles stand on the pages", len(seen), articles)
	}
	if next := buttonNamed(t, third, "Next"); !next.Disabled {
		t.Error("there is a page after the last")
	}
	if back := buttonNamed(t, third, "Back"); back.Disabled {
		t.Error("there is no way back")
	}
	public := o.press(first, id(t, third, "Post in this channel"))
	if public.Ephemeral || len(public.Embeds) != 1 || public.Embeds[0].Description != third.Embeds[0].Description {
		t.Errorf("posted: %s", public.Body)
	}
	o.pass(answersKept + time.Hour)
	if err := o.bot.forgetNow(t.Context(), o.now()); err != nil {
		t.Fatal(err)
	}
	if late := o.press(first, id(t, third, "Back")); late.Call.Content != o.bot.texts["en"].text("error.expired") {
		t.Errorf("an answer that is kept no longer: %s", late.Body)
	}
}

func buttonNamed(t *testing.T, a asked, label string) shownButton {
	t.Helper()
	for _, b := range buttonsOf(t, a.Body) {
		if b.Label == label {
			return b
		}
	}
	t.Fatalf("there is no button %s: %s", label, a.Body)
	return shownButton{}
}

func id(t *testing.T, a asked, label string) string { return buttonNamed(t, a, label).CustomID }

// The stories of one page of /brief keep their buttons when the page is turned and when it is posted.
func TestButtonsOfABrief(t *testing.T) {
	o := newOffice(t)
	for i := range briefStories {
		o.publish(store.Article{Source: o.sources["gazette"], URL: fmt.Sprintf("https://gazette.example/tram/%d", i), Title: fmt.Sprintf("Tram line %d is extended to the coast", i),
			Text: fmt.Sprintf("The tram line %d is extended to the coast by the city of the year %d. “It is line %d that we need,” said Ana Reis-Lobo, the mayor.", i, 1900+i, i), Story: int64(100 + i),
			Published: deskNow.Add(-time.Duration(i+1) * time.Hour)})
	}
	first := o.ask(fakediscord.Interaction{Name: "brief", Options: map[string]any{"about": "tram"}})
	behindFirst := o.press(first, "Quotes")
	second := o.press(first, "Next")
	if len(first.Embeds) != perMessage || len(second.Embeds) != briefStories-perMessage {
		t.Fatalf("%d and %d stories", len(first.Embeds), len(second.Embeds))

	}
	for i, a := range []asked{first, second} {
		quotes := behindFirst
		if i == 1 {
			quotes = o.press(first, id(t, second, "Quotes"))
		}
		for i := range briefStories {
			words := fmt.Sprintf("“It is line %d that we need”", i)
			shown := false
			for _, e := range a.Embeds {
				shown = shown || strings.Contains(e.Description, words)
			}
			if got := strings.Contains(quotes.shown(t), words); got != shown {
				t.Errorf("%s stands behind the page: %t, on it: %t\n%s", words, got, shown, quotes.shown(t))
			}
		}
	}
	public := o.press(first, id(t, second, "Post in this channel"))
	if id(t, public, "Quotes") != id(t, second, "Quotes") || id(t, public, "Sources") != id(t, second, "Sources") {
		t.Errorf("posted: %s", public.Body)
	}
}
