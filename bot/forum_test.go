package bot

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store"
)

// A digest for a forum is a post, with the schedule's tags and a title without Markdown; Find sees it again.
func TestRenderForum(t *testing.T) {
	s, base := startFake(t, fakediscord.Options{Check: spectest.Checker(t), Guilds: []fakediscord.Guild{{ID: guildID, Name: "Press room", Channels: []fakediscord.Channel{
		{ID: forumID, Name: "stories", Type: fakediscord.Forum, RequiresTag: true},
	}}}})
	b := newBot(t, nil, base, quick())
	d := sampleDigest(7, func(int) string { return "" })
	d.Name = "*Morning* @everyone " + strings.Repeat("long ", 40)
	d.Target = store.Target{Channel: forumID, Tags: []string{"31", "32"}, Roles: []string{"77"}}
	messages, err := b.Render(d, "seed")
	if err != nil || len(messages) != 2 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	for i, m := range messages {
		p := store.Part{Channel: forumID, Nonce: "n", Marker: m.Marker, Body: m.Body, FirstTry: time.Now(), Tries: 1}
		id, err := b.Send(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := b.Find(t.Context(), p); err != nil || found != id {
			t.Errorf("part %d: Find = %q, %v; want %q", i, found, err, id)
		}
	}
	posts := s.Messages("")
	if len(posts) != 2 || len(posts[0].Embeds) != 5 || len(posts[1].Embeds) != 2 {
		t.Fatalf("%d posts", len(posts))
	}
	for i, p := range posts {
		var sent struct {
			Tags []string `json:"applied_tags"`
		}
		if err := json.Unmarshal(p.Body, &sent); err != nil || strings.Join(sent.Tags, " ") != "31 32" {
			t.Errorf("tags %v, %v", sent.Tags, err)
		}
		if n := units(p.Title); n > 100 || !strings.HasPrefix(p.Title, "*Morning* @\u200beveryone long") || !strings.Contains(p.Title, "… · Monday, 2 March 2026 · part ") {
			t.Errorf("title %d of %d characters: %q", i, n, p.Title)
		}
	}
	// In a thread of a forum a digest is a plain message.
	d.Target.Thread = "5"
	messages, err = b.Render(d, "seed")
	if err != nil || isForum(messages[0].Body) {
		t.Errorf("in a thread: %.80s, %v", messages[0].Body, err)
	}
}

// A forum's history is read post by post; what was deleted or is somebody else's does not stop it.
func TestFindPost(t *testing.T) {
	s, base := startFake(t, fakediscord.Options{})
	b := newBot(t, nil, base, quick())
	send := func(marker string) string {
		id, err := b.Send(t.Context(), store.Part{Channel: forumID, Nonce: "n", Body: json.RawMessage(`{"name":"x","message":{"content":"` + marker + `"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	a, c := send("MARKA"), send("MARKB")
	s.Delete(a, a)
	find := func(marker string) (string, error) {
		return b.Find(t.Context(), store.Part{Channel: forumID, Marker: marker, FirstTry: time.Now(), Body: json.RawMessage(`{"name":"x","message":{}}`)})
	}
	if id, err := find("MARKB"); err != nil || id != c {
		t.Errorf("Find = %q, %v; want %q", id, err, c)
	}
	if id, err := find("MARKA"); err != nil || id != "" {
		t.Errorf("a deleted post: %q, %v", id, err)
	}
	s.Inject(fakediscord.Fault{Method: http.MethodGet, Path: "/guilds/*/threads/active", Status: 403, Body: `{"code":50001,"message":"Missing Access"}`})
	if id, err := find("MARKB"); err == nil || id != "" {
		t.Errorf("a forum that may not be read: %q, %v", id, err)
	}
}
