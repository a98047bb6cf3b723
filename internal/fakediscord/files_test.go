package fakediscord_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"

	"github.com/bwmarrin/discordgo"
)

// A file that somebody gives to a command, and one that the bot answers with, are served where their attachment says, to
// whoever asks, and beside the API: no request of the record is for one, and a token sent there is a violation.
func TestFilesAreServed(t *testing.T) {
	got := make(chan *discordgo.InteractionCreate, 1)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		got <- i
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{
			Content: "back", Files: []*discordgo.File{{Name: "back.txt", ContentType: "text/plain", Reader: strings.NewReader("what it answers")}},
		}})
	})
	e := p.do(fakediscord.Interaction{Name: "source add", Options: map[string]any{"url": "a", "list": fakediscord.File{Name: "list.opml", Kind: "text/xml", Data: []byte("what they gave")}}})
	answer(t, e)
	given := (<-got).ApplicationCommandData()
	urls := map[string]string{}
	for _, a := range given.Resolved.Attachments {
		urls[a.URL] = "what they gave"
	}
	m, err := p.dg.ChannelMessages(textID, 1, "", "", "")
	if err != nil || len(m) != 1 || len(m[0].Attachments) != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	raw, err := json.Marshal(m[0].Attachments[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := spectest.Load(t).Object("MessageAttachmentResponse", raw); err != nil {
		t.Errorf("%s: %v", raw, err)
	}
	urls[m[0].Attachments[0].URL] = "what it answers"
	if len(urls) != 2 {
		t.Fatalf("%v", urls)
	}
	before, known := len(p.Requests()), len(p.Violations()) // discordgo asks for version 9
	ask := func(url, token string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	for url, want := range urls {
		if status, body := ask(url, ""); status != http.StatusOK || body != want {
			t.Errorf("%s: %d, %q", url, status, body)
		}
		if status, _ := ask(strings.TrimSuffix(url, "/file")+"0/file", ""); status != http.StatusNotFound {
			t.Errorf("a file that nobody gave: %d", status)
		}
	}
	if n := len(p.Requests()); n != before {
		t.Errorf("%d requests to the API for files", n-before)
	}
	if v := p.Violations(); len(v) != known {
		t.Errorf("%q", v)
	}
	for url := range urls {
		ask(url, "Bot x")
	}
	if v := p.Violations(); len(v) != known+len(urls) {
		t.Errorf("a token went to where files are served: %q", v)
	}
}
