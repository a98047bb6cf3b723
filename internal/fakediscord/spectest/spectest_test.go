package spectest

import (
	"net/http"
	"strings"
	"testing"
)

func TestRequest(t *testing.T) {
	s := Load(t)
	for _, c := range []struct {
		name, method, path, body string
		wrong                    string // "" is valid; else a word of the error
	}{
		{"message", "POST", "/api/v10/channels/12/messages", `{"content":"a","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":[]}}`, ""},
		{"version 9", "POST", "/api/v9/channels/12/messages", `{"content":"a"}`, ""},
		{"what a library sends for nothing", "POST", "/api/v10/channels/12/messages", `{"content":"a","tts":false,"embeds":null,"extra":null}`, ""},
		{"misspelt member", "POST", "/api/v10/channels/12/messages", `{"contnet":"a"}`, "contnet"},
		{"misspelt member of an embed", "POST", "/api/v10/channels/12/messages", `{"embeds":[{"titel":"a"}]}`, "titel"},
		{"wrong type", "POST", "/api/v10/channels/12/messages", `{"content":5}`, "content"},
		{"title too long", "POST", "/api/v10/channels/12/messages", `{"embeds":[{"title":"` + strings.Repeat("x", 257) + `"}]}`, "title"},
		{"no time", "POST", "/api/v10/channels/12/messages", `{"embeds":[{"timestamp":"yesterday"}]}`, "timestamp"},
		{"no URL", "POST", "/api/v10/channels/12/messages", `{"embeds":[{"url":"not a url"}]}`, "url"},
		{"nonce too long", "POST", "/api/v10/channels/12/messages", `{"content":"a","nonce":"` + strings.Repeat("n", 26) + `"}`, "nonce"},
		{"unknown mentions", "POST", "/api/v10/channels/12/messages", `{"content":"a","allowed_mentions":{"parse":["all"]}}`, "parse"},
		{"no body", "POST", "/api/v10/channels/12/messages", ``, "required"},
		{"no channel id", "POST", "/api/v10/channels/general/messages", `{"content":"a"}`, "channel_id"},
		{"no such operation", "PUT", "/api/v10/channels/12/messages", `{}`, "no PUT"},
		{"history", "GET", "/api/v10/channels/12/messages?limit=100&after=1", ``, ""},
		{"history of too much", "GET", "/api/v10/channels/12/messages?limit=101", ``, "limit"},
		{"history with an unknown parameter", "GET", "/api/v10/channels/12/messages?since=1", ``, "since"},
		{"answer to an interaction", "POST", "/api/v10/interactions/12/a-token/callback?with_response=true", `{"type":4,"data":{"content":"a"}}`, ""},
		{"no truth value", "POST", "/api/v10/interactions/12/a-token/callback?with_response=maybe", `{"type":4,"data":{"content":"a"}}`, "with_response"},
		{"forum post", "POST", "/api/v10/channels/12/threads", `{"name":"a","message":{"content":"a"}}`, ""},
		{"forum post with a nonce", "POST", "/api/v10/channels/12/threads", `{"name":"a","message":{"content":"a","nonce":"n"}}`, "nonce"},
		{"fixed path before a variable", "GET", "/api/v10/users/@me", ``, ""},
		{"gateway", "GET", "/api/v10/gateway/bot", ``, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := http.NewRequest(c.method, "http://localhost"+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			err = s.Request(r, []byte(c.body))
			if c.wrong == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
				t.Errorf("error %v does not name %q", err, c.wrong)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	s := Load(t)
	if err := s.Response("GET", "/gateway", 200, []byte(`{"url":"wss://gateway.example"}`)); err != nil {
		t.Errorf("a right answer: %v", err)
	}
	if err := s.Response("GET", "/gateway", 200, []byte(`{"uri":"wss://gateway.example"}`)); err == nil {
		t.Error("an answer without the url passes")
	}
	if err := s.Response("DELETE", "/channels/1/messages/2", 204, nil); err != nil {
		t.Errorf("an answer without a body: %v", err)
	}
}
