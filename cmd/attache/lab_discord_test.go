package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"attache/internal/fakediscord"

	"github.com/bwmarrin/discordgo"
)

// toLab sends the library's requests to the built-in Discord.
type toLab struct{ host string }

func (l toLab) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = "http", l.host
	return http.DefaultTransport.RoundTrip(req)
}

// A person types, a bot that is not ours answers, and both are printed.
func TestLabDiscord(t *testing.T) {
	in, typing := io.Pipe()
	printed, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), []string{"lab", "discord", "--json"}, terminal{in, out, out})
		out.Close()
	}()
	events := bufio.NewScanner(printed)
	events.Buffer(nil, 1<<20)
	violations := 0 // one will be said at any time: the library speaks version 9 at the gateway
	next := func(event string) map[string]any {
		t.Helper()
		for events.Scan() {
			var e map[string]any
			if err := json.Unmarshal(events.Bytes(), &e); err != nil || e["event"] != event && e["event"] != "violation" {
				t.Fatalf("printed %s, want %s", events.Bytes(), event)
			}
			if e["event"] == event {
				return e
			}
			violations++
		}
		t.Fatalf("the output ended instead of %s: %v", event, events.Err())
		return nil
	}
	say := func(line string) {
		t.Helper()
		if _, err := fmt.Fprintln(typing, line); err != nil {
			t.Fatal(err)
		}
	}
	first := next("listening")
	api, err := url.Parse(first["api"].(string))
	if err != nil {
		t.Fatal(err)
	}
	dg, err := discordgo.New("Bot " + first["token"].(string))
	if err != nil {
		t.Fatal(err)
	}
	dg.Client = &http.Client{Transport: toLab{api.Host}}
	dg.Identify.Intents = discordgo.IntentsGuilds
	dg.StateEnabled = false
	dg.LogLevel = -1
	dg.AddHandler(func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		none := &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}}
		r := &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{AllowedMentions: none}}
		switch i.Type {
		case discordgo.InteractionApplicationCommand:
			r.Data.Flags = discordgo.MessageFlagsEphemeral
			r.Data.Content = fmt.Sprintf("for %s in %s", i.Member.User.Username, string(i.Locale))
			r.Data.Components = []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
				discordgo.Button{Label: "Add it", CustomID: "add", Style: discordgo.PrimaryButton},
			}}}
		case discordgo.InteractionMessageComponent:
			r.Type = discordgo.InteractionResponseModal
			r.Data = &discordgo.InteractionResponseData{Title: "Name", CustomID: "name", Components: []discordgo.MessageComponent{
				discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.TextInput{CustomID: "text", Label: "Name", Style: discordgo.TextInputShort}}},
			}}
		case discordgo.InteractionModalSubmit:
			r.Data.Content = i.ModalSubmitData().Components[0].(*discordgo.ActionsRow).Components[0].(*discordgo.TextInput).Value
		}
		if err := s.InteractionRespond(i.Interaction, r); err != nil {
			t.Error(err)
		}
	})
	say("/source add url:https://harbour.example/") // waits until the bot has registered it
	if err := dg.Open(); err != nil {
		t.Fatal(err)
	}
	defer dg.Close()
	registered := make(chan error, 1)
	go func() {
		me, err := dg.User("@me")
		if err == nil {
			_, err = dg.ApplicationCommandBulkOverwrite(me.ID, "", []*discordgo.ApplicationCommand{{
				Name: "source", Description: "Sources", Options: []*discordgo.ApplicationCommandOption{{
					Type: discordgo.ApplicationCommandOptionSubCommand, Name: "add", Description: "Add one", Options: []*discordgo.ApplicationCommandOption{
						{Type: discordgo.ApplicationCommandOptionString, Name: "url", Description: "Where it is", Required: true},
					},
				}},
			}})
		}
		registered <- err
	}()
	next("commands")
	if err := <-registered; err != nil {
		t.Fatal(err)
	}
	if e := next("call"); e["interaction"] != "/source add by manager" || e["ephemeral"] != true || !strings.Contains(fmt.Sprint(e["body"]), "for manager in en-US") {
		t.Errorf("%v", e)
	}
	say("press Add it")
	if e := next("call"); e["type"] != 9.0 {
		t.Errorf("%v", e)
	}
	say(`submit text="Harbour Gazette"`)
	if e := next("call"); !strings.Contains(fmt.Sprint(e["body"]), "Harbour Gazette") || e["ephemeral"] != false {
		t.Errorf("%v", e)
	}
	say("as reader")
	say("locale de")
	say("/source remove")
	if e := next("error"); !strings.Contains(fmt.Sprint(e["text"]), "/source goes on with one of: add") {
		t.Errorf("%v", e)
	}
	say("/source add url:x")
	if e := next("call"); !strings.Contains(fmt.Sprint(e["body"]), "for reader in de") {
		t.Errorf("%v", e)
	}
	typing.Close()
	if events.Scan() {
		t.Errorf("printed %s", events.Bytes())
	}
	if violations != 1 {
		t.Errorf("%d violations were printed", violations)
	}
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d", code)
	}
}

// What is typed for a file is its path; the bot is given its name and what stands in it.
func TestLabHandOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feeds.opml")
	if err := os.WriteFile(path, []byte("<opml/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	options := map[string]any{"file": fakediscord.File{Name: path}, "tier": "press"}
	if err := handOver(options); err != nil {
		t.Fatal(err)
	}
	if f, ok := options["file"].(fakediscord.File); !ok || f.Name != "feeds.opml" || string(f.Data) != "<opml/>" || options["tier"] != "press" {
		t.Errorf("%+v", options)
	}
	if err := handOver(map[string]any{"file": fakediscord.File{Name: path + "x"}}); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a file that is not there: %v", err)
	}
}
