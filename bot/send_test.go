package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store"
)

// What Discord's refusals mean: for the message, for the channel, or for neither.
func TestRefusals(t *testing.T) {
	type want int
	const (
		channelClosed want = iota
		messageRefused
		laterOn
		delivered
	)
	for _, c := range []struct {
		status, code int
		message      string
		want         want
		says         string
	}{
		{403, 50001, "Missing Access", channelClosed, "View Channel"},
		{403, 50013, "Missing Permissions", channelClosed, "Send Messages"},
		{404, 10003, "Unknown Channel", channelClosed, "gone"},
		{404, 10004, "Unknown Guild", channelClosed, "gone"},
		{400, 50008, "Cannot send messages in a non-text channel", channelClosed, "text channel"},
		{400, 50024, "Cannot execute action on this channel type", channelClosed, "text channel"},
		{400, 50083, "Thread is archived", channelClosed, "archived"},
		{400, 160005, "This thread is locked", channelClosed, "locked"},
		{400, 40067, "A tag is required", channelClosed, "tag"},
		{403, 20026, "Something new", channelClosed, "Something new"},
		{400, 200000, "Message was blocked by automatic moderation", messageRefused, "AutoMod"},
		{403, 200001, "Title was blocked by automatic moderation", messageRefused, "AutoMod"},
		{400, 50035, "Invalid Form Body", messageRefused, "Invalid Form Body"},
		{400, 50006, "Cannot send an empty message", messageRefused, "empty"},
		{413, 40005, "Request entity too large", messageRefused, "too large"},
		{404, 10008, "Unknown Message", delivered, ""},
		{401, 0, "401: Unauthorized", laterOn, ""},
		{404, 0, "404: Not Found", laterOn, ""},
		{403, 40333, "internal network error", laterOn, ""},
		{403, 40004, "Send messages has been temporarily disabled", laterOn, ""},
		{400, 130000, "API resource is currently overloaded", laterOn, ""},
	} {
		t.Run(fmt.Sprintf("%d %d", c.status, c.code), func(t *testing.T) {
			s, b := fresh(t)
			s.Inject(fakediscord.Fault{Method: http.MethodPost, Status: c.status, Body: fmt.Sprintf(`{"code":%d,"message":%q}`, c.code, c.message)})
			id, err := b.Send(t.Context(), part("a"))
			if c.want == laterOn {
				wantLater(t, err, noFault)
				return
			}
			if c.want == delivered {
				if err != nil || id != "" {
					t.Errorf("Send = %q, %v", id, err)
				}
				return
			}
			var refused *digest.Refused
			if !errors.As(err, &refused) || refused.Channel != (c.want == channelClosed) || refused.Status != c.status || refused.Code != c.code {
				t.Fatalf("error %#v", err)
			}
			if !strings.Contains(refused.Reason, c.says) || refused.Reason[0] < 'A' || refused.Reason[0] > 'Z' || strings.Contains(refused.Reason, token) {
				t.Errorf("the reason for managers is %q", refused.Reason)
			}
		})
	}
	t.Run("a page instead of JSON", func(t *testing.T) {
		for _, status := range []int{400, 401, 403, 404, 405} {
			s, b := fresh(t)
			s.Inject(fakediscord.Fault{Method: http.MethodPost, Status: status, Body: "<html>proxy</html>"})
			_, err := b.Send(t.Context(), part("a"))
			wantLater(t, err, noFault) // no channel is closed for a proxy's sake
		}
	})
}

// What Discord would refuse is refused before anything is sent; so is what could be doubled or misdirected.
func TestRefusedBeforeSending(t *testing.T) {
	s, b := fresh(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	embeds := func(list ...string) string { return `{"embeds":[` + strings.Join(list, ",") + `]}` }
	same := func(n int, s string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = s
		}
		return out
	}
	row := func(ids ...string) string {
		buttons := make([]string, len(ids))
		for i, id := range ids {
			buttons[i] = `{"type":2,"style":1,"label":"x","custom_id":"` + id + `"}`
		}
		return `{"type":1,"components":[` + strings.Join(buttons, ",") + `]}`
	}
	for name, body := range map[string]string{
		"content of 2001":           `{"content":"` + long(2001) + `"}`,
		"content of 1001 emoji":     `{"content":"` + strings.Repeat("😀", 1001) + `"}`,
		"eleven embeds":             embeds(same(11, `{"title":"a"}`)...),
		"title of 257":              embeds(`{"title":"` + long(257) + `"}`),
		"description of 4097":       embeds(`{"description":"` + long(4097) + `"}`),
		"6001 in all embeds":        embeds(`{"description":"`+long(4000)+`"}`, `{"description":"`+long(2001)+`"}`),
		"6001 by footer and author": embeds(`{"description":"` + long(3744) + `","footer":{"text":"` + long(2001) + `"},"author":{"name":"` + long(256) + `"}}`),
		"field of 1025":             embeds(`{"fields":[{"name":"a","value":"` + long(1025) + `"}]}`),
		"26 fields":                 embeds(`{"fields":[` + strings.Join(same(26, `{"name":"a","value":"b"}`), ",") + `]}`),
		"nothing":                   `{}`,
		"nothing that is seen":      `{"content":" \u200b\u2800\n"}`,
		"an embed of nothing":       `{"embeds":[{}]}`,
		"an embed of a colour":      `{"content":"a","embeds":[{"color":5,"url":"https://a.example"}]}`,
		"six rows":                  `{"content":"a","components":[` + strings.Join([]string{row("1"), row("2"), row("3"), row("4"), row("5"), row("6")}, ",") + `]}`,
		"one id twice":              `{"content":"a","components":[` + row("1", "1") + `]}`,
		"id of 101":                 `{"content":"a","components":[` + row(long(101)) + `]}`,
		"no JSON":                   `{"content":`,
		"a list":                    `[]`,
		"null":                      `null`,
		"a role that is a name":     `{"content":"a","allowed_mentions":{"roles":["everyone"]}}`,
		"a role that is a number":   `{"content":"a","allowed_mentions":{"roles":[12]}}`,
		"a nameless post":           `{"name":"","message":{"content":"a"}}`,
	} {
		p := part("a")
		p.Body = json.RawMessage(body)
		_, err := b.Send(t.Context(), p)
		var refused *digest.Refused
		if !errors.As(err, &refused) || refused.Channel || refused.Status != 0 || refused.Reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, p := range map[string]store.Part{
		"no nonce":       {Channel: textID, Body: json.RawMessage(`{"content":"a"}`)},
		"nonce of 26":    {Channel: textID, Nonce: long(26), Body: json.RawMessage(`{"content":"a"}`)},
		"no channel":     {Nonce: "n", Body: json.RawMessage(`{"content":"a"}`)},
		"a path":         {Channel: "1/../2", Nonce: "n", Body: json.RawMessage(`{"content":"a"}`)},
		"a name":         {Channel: "#general", Nonce: "n", Body: json.RawMessage(`{"content":"a"}`)},
		"foreign digits": {Channel: "１２", Nonce: "n", Body: json.RawMessage(`{"content":"a"}`)},
	} {
		_, err := b.Send(t.Context(), p)
		var refused *digest.Refused
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(s.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// Whoever a body wants to call, nobody is but the roles that it names one by one. Every request is one that Discord's
// description of its API knows.
func TestMentions(t *testing.T) {
	s, base := startFake(t, fakediscord.Options{Check: spectest.Checker(t)})
	b := newBot(t, nil, base, quick())
	for i, c := range []struct{ mentions, roles string }{
		{`null`, ""}, {`{}`, ""}, {`{"parse":["everyone","roles","users"]}`, ""}, {`{"parse":["everyone"],"users":["5"],"replied_user":true}`, ""},
		{`{"parse":["roles"],"roles":["77","78","77"]}`, "77 78"}, {`"everyone"`, ""},
	} {
		p := part(fmt.Sprint(i))
		p.Body = json.RawMessage(`{"content":"@everyone <@5> <@&77>","allowed_mentions":` + c.mentions + `}`)
		if _, err := b.Send(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		messages := s.Messages(textID)
		m := messages[len(messages)-1]
		var sent struct {
			Mentions map[string]json.RawMessage `json:"allowed_mentions"`
		}
		if err := json.Unmarshal(m.Body, &sent); err != nil {
			t.Fatal(err)
		}
		if string(sent.Mentions["parse"]) != "[]" || strings.Join(m.Mentions.Roles, " ") != c.roles || len(m.Mentions.Users) > 0 || sent.Mentions["replied_user"] != nil {
			t.Errorf("%s: sent %s", c.mentions, m.Body)
		}
	}
}

// Numbers too large for a float come through as they are.
func TestBodyIsKept(t *testing.T) {
	body, _, err := prepare(store.Part{Channel: "1", Nonce: "n", Body: json.RawMessage(`{"content":"<a> & é","flags":9007199254740993}`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"content":"<a> & é"`, `"flags":9007199254740993`, `"nonce":"n"`, `"enforce_nonce":true`} {
		if !strings.Contains(string(body), want) {
			t.Errorf("lacks %s: %s", want, body)
		}
	}
}

// A message that was posted and deleted since is done: it does not come back.
func TestDeletedMessage(t *testing.T) {
	s, b := fresh(t)
	id, err := b.Send(t.Context(), part("a"))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Delete(textID, id) {
		t.Fatal("not deleted")
	}
	if id, err := b.Send(t.Context(), part("a")); err != nil || id != "" {
		t.Errorf("Send = %q, %v", id, err)
	}
	if id, err := b.Find(t.Context(), part("a")); err != nil && !errors.Is(err, digest.ErrUnreadable) || id != "" {
		t.Errorf("Find = %q, %v", id, err)
	}
}
