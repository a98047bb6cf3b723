package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store"
)

func TestFindAcrossPages(t *testing.T) {
	s, b := fresh(t)
	first := time.Now()
	s.Say(textID, "5", "somebody quotes MARKx before it was posted")
	ids := map[string]string{}
	for i := range 260 {
		nonce := fmt.Sprintf("n%d.", i)
		if i%3 == 0 {
			s.Say(textID, "5", "chatter "+nonce)
		}
		id, err := b.Send(t.Context(), part(nonce))
		if err != nil {
			t.Fatal(err)
		}
		ids[nonce] = id
	}
	before := len(s.Requests())
	for _, nonce := range []string{"n0.", "n99.", "n100.", "n259."} {
		p := part(nonce)
		p.FirstTry = first
		if id, err := b.Find(t.Context(), p); err != nil || id != ids[nonce] {
			t.Errorf("Find(%s) = %q, %v; want %q", nonce, id, err, ids[nonce])
		}
	}
	if n := len(s.Requests()) - before; n > 1+1+2+2+4 {
		t.Errorf("%d requests", n)
	}
	p := part("x")
	p.FirstTry = first
	if id, err := b.Find(t.Context(), p); err != nil || id != "" {
		t.Errorf("what somebody else wrote: %q, %v", id, err)
	}
	p = part("n5.")
	p.FirstTry = first.Add(time.Hour)
	if id, err := b.Find(t.Context(), p); err != nil && !errors.Is(err, digest.ErrUnreadable) || id != "" {
		t.Errorf("older than the first try: %q, %v", id, err)
	}
	if _, err := b.Find(t.Context(), store.Part{Channel: textID}); err == nil {
		t.Error("a part without a marker is found")
	}
}

// A history too long to read is one that cannot be read.
func TestFindGivesUp(t *testing.T) {
	s, b := fresh(t)
	for range pagesMax*pageSize + 1 {
		s.Say(textID, "5", "x")
	}
	if id, err := b.Find(t.Context(), part("a")); !errors.Is(err, digest.ErrUnreadable) || id != "" {
		t.Errorf("Find = %q, %v", id, err)
	}
}

func TestFindUnreadable(t *testing.T) {
	s, b := fresh(t)
	find := func(channel string) (string, error) {
		p := part("a")
		p.Channel = channel
		return b.Find(t.Context(), p)
	}
	if id, err := find(noPastID); err != nil || id != "" {
		t.Errorf("a channel in which nothing was written: %q, %v", id, err)
	}
	p := part("a")
	p.Channel = noPastID
	if _, err := b.Send(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	for name, channel := range map[string]string{"history kept from us": noPastID, "hidden": hiddenID, "gone": "404"} {
		if _, err := find(channel); !errors.Is(err, digest.ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Inject(fakediscord.Fault{Status: 502})
	if _, err := find(textID); err == nil || errors.Is(err, digest.ErrUnreadable) {
		t.Errorf("trouble at Discord's: %v", err)
	}
	s.Inject(fakediscord.Fault{Status: 200, Body: "<html>"})
	if _, err := find(textID); err == nil || errors.Is(err, digest.ErrUnreadable) {
		t.Errorf("a page instead of a history: %v", err)
	}
	s.Inject(fakediscord.Fault{RetryAfter: 30 * time.Second})
	_, err := find(textID)
	wantLater(t, err, 30*time.Second)
}

// Discord takes no nonce for a post in a forum: the second try looks first.
func TestForumPostIsNotDoubled(t *testing.T) {
	s, base := startFake(t, fakediscord.Options{Check: spectest.Checker(t)})
	b := newBot(t, nil, base, quick())
	p := part("a")
	p.Channel, p.Tries = forumID, 1
	p.Body = json.RawMessage(`{"name":"Monday","applied_tags":[],"message":{"content":"digest MARKa"}}`)
	s.Inject(fakediscord.Fault{Method: http.MethodPost, Cut: true, After: true})
	_, err := b.Send(t.Context(), p)
	wantUnknown(t, err)
	p.Tries = 2
	id, err := b.Send(t.Context(), p)
	if err != nil || id == "" {
		t.Fatalf("Send = %q, %v", id, err)
	}
	if found, err := b.Find(t.Context(), p); err != nil || found != id {
		t.Errorf("Find = %q, %v", found, err)
	}
	if ms := s.Messages(""); len(ms) != 1 || ms[0].Title != "Monday" {
		t.Errorf("%d posts", len(ms))
	}
}
