package fakediscord_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"

	"github.com/bwmarrin/discordgo"
)

// Typing in an option asks for suggestions, and a callback of another type is none.
func TestAutocomplete(t *testing.T) {
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		options := i.ApplicationCommandData().Options[0].Options
		last := options[len(options)-1]
		err := s.InteractionRespond(i.Interaction, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{Content: "x"}})
		if err == nil {
			t.Error("a message answers an autocompletion")
		}
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionApplicationCommandAutocompleteResult, Data: &discordgo.InteractionResponseData{
			Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: last.Name + " " + fmt.Sprint(last.Focused), Value: last.StringValue()}},
		}})
	})
	c := answer(t, p.do(fakediscord.Interaction{Kind: fakediscord.Autocomplete, Name: "source add", Focused: "topic", Options: map[string]any{"hours": 5, "topic": "wat"}}))
	if got := c.Choices(); len(got) != 1 || got[0].Name != "topic true" || got[0].Value != "wat" {
		t.Errorf("%+v", got)
	}
	ctx := limited(t)
	for _, in := range []fakediscord.Interaction{
		{Kind: fakediscord.Autocomplete, Name: "source add", Focused: "url"}, {Kind: fakediscord.Autocomplete, Name: "source add", Focused: "none"},
		{Name: "nothing"}, {Name: "source"}, {Name: "source remove"}, {Name: "source add"}, {Name: "source pack none"}, {Name: "help", Channel: "1"},
		{Name: "source add", Options: map[string]any{"url": 5}}, {Name: "source add", Options: map[string]any{"url": "a", "tier": "other"}},
		{Name: "source add", Options: map[string]any{"url": "a", "hours": 25}}, {Name: "source add", Options: map[string]any{"url": "a", "hours": 1.5}},
		{Name: "source add", Options: map[string]any{"url": "a", "where": "9"}}, {Name: "source add", Options: map[string]any{"url": "a", "role": "9"}},
		{Name: "source add", Options: map[string]any{"url": "a", "more": "9"}}, {Name: "Summarize links", Target: "9"},
	} {
		if e, err := p.Interact(ctx, in); !errors.Is(err, fakediscord.ErrNotOffered) {
			t.Errorf("%+v: %v, %v", in, e, err)
		}
	}
}

// Forged interactions reach the bot as they were made.
func TestForged(t *testing.T) {
	got := make(chan *discordgo.InteractionCreate, 1)
	p := bot(t, nil, func(s *discordgo.Session, i *discordgo.InteractionCreate) { got <- i })
	e := p.do(fakediscord.Interaction{Forged: true, Name: "source pack list", Options: map[string]any{"url": 12, "x": "y"}})
	<-got
	var sent struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(e.Payload, &sent); err != nil || !strings.Contains(string(sent.Data), `{"name":"pack","options":[{"name":"list","options":[{"name":"url","type":4,"value":12},{"name":"x","type":3,"value":"y"}],"type":1}],"type":2}`) {
		t.Errorf("%s, %v", e.Payload, err)
	}
	e = p.do(fakediscord.Interaction{Forged: true, Data: json.RawMessage(`{"id":"1","name":"odd","type":1}`), Name: "odd", Twice: true})
	for range 2 {
		if i := <-got; i.ID != e.ID || i.ApplicationCommandData().Name != "odd" {
			t.Errorf("%+v", i.Interaction)
		}
	}
}

// An interaction waits for the first session; while a session has lost its connection it is kept for the resume.
func TestInteractWhenResumed(t *testing.T) {
	s, base := start(t, fakediscord.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in := fakediscord.Interaction{Name: "help", Forged: true}
	if _, err := s.Interact(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("without a session: %v", err)
	}
	g := dial(t, base, "/gateway?v=10&encoding=json")
	g.hear()
	g.say(identify)
	e := g.hear()
	var ready struct {
		Session string `json:"session_id"`
	}
	if err := json.Unmarshal(e.D, &ready); err != nil {
		t.Fatal(err)
	}
	g.hear() // GUILD_CREATE
	g.ws.Close()
	await(t, s, func(st fakediscord.GatewayState) bool { return st.Sessions == 0 })
	x, err := s.Interact(limited(t), in)
	if err != nil {
		t.Fatal(err)
	}
	b := dial(t, base, "/gateway?v=10&encoding=json")
	b.hear()
	b.say(fmt.Sprintf(`{"op":6,"d":{"token":"Bot %s","session_id":%q,"seq":2}}`, token, ready.Session))
	if e := b.hear(); e.T != "INTERACTION_CREATE" || string(e.D) != string(x.Payload) {
		t.Errorf("%+v", e)
	}
}

// What the library sends is valid by Discord's own description of its API.
func TestInteractionsAgainstSpec(t *testing.T) {
	spec := spectest.Load(t)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {})
	c := client{t, p.base, spec}
	const none = `"allowed_mentions":{"parse":[]}`
	row := `[{"type":1,"components":[{"type":2,"style":1,"label":"x","custom_id":"a"}]}]`
	c.do("GET", "/applications/"+p.BotID()+"/commands", "")
	c.do("GET", "/applications/"+p.BotID()+"/commands?with_localizations=true", "")
	var made struct{ ID string }
	c.do("POST", "/applications/"+p.BotID()+"/guilds/"+guildID+"/commands", `{"name":"trial","description":"A trial","options":[{"type":3,"name":"a","description":"b","choices":[{"name":"x","value":"y"}]}]}`).get(t, &made)
	one := "/applications/" + p.BotID() + "/guilds/" + guildID + "/commands/" + made.ID
	c.do("GET", one, "")
	c.do("PATCH", one, `{"description":"Another"}`)
	c.do("DELETE", one, "")
	c.do("GET", one, "")
	for _, r := range []struct{ callback, edit string }{
		{`{"type":4,"data":{"content":"a",` + none + `,"components":` + row + `}}`, `{"content":"b",` + none + `}`},
		{`{"type":4,"data":{"flags":32768,` + none + `,"components":[{"type":10,"content":"a"}]}}`, `{"components":[{"type":10,"content":"b"}],` + none + `}`},
		{`{"type":5,"data":{"flags":64}}`, `{"embeds":[{"title":"t"}],` + none + `}`},
		{`{"type":5}`, `{"content":"b",` + none + `}`},
	} {
		e := p.do(fakediscord.Interaction{Name: "help"})
		hook := "/webhooks/" + p.BotID() + "/" + e.Token
		if a := c.do("POST", "/interactions/"+e.ID+"/"+e.Token+"/callback?with_response=true", r.callback); a.status != 200 {
			t.Fatalf("%s", a.body)
		}
		c.do("GET", hook+"/messages/@original", "")
		if a := c.do("PATCH", hook+"/messages/@original", r.edit); a.status != 200 {
			t.Errorf("%s", a.body)
		}
		var f struct{ ID string }
		c.do("POST", hook+"?wait=true", `{"content":"more",`+none+`}`).get(t, &f)
		c.do("PATCH", hook+"/messages/"+f.ID, `{"content":"more",`+none+`}`)
		c.do("GET", hook+"/messages/"+f.ID, "")
		c.do("DELETE", hook+"/messages/"+f.ID, "")
		c.do("DELETE", hook+"/messages/@original", "")
		c.do("GET", hook+"/messages/@original", "")
	}
	c.do("GET", "/channels/"+textID+"/messages", "")
	c.do("GET", "/guilds/"+guildID+"/roles", "")
	c.do("GET", "/guilds/"+guildID+"/members/"+sampleID, "")
	c.do("GET", "/guilds/"+guildID+"/members/"+p.BotID(), "")
	c.do("GET", "/guilds/"+guildID+"/members/1", "")
	c.do("POST", "/users/@me/channels", `{"recipient_id":"88"}`)
	if r := c.do("POST", "/channels/"+textID+"/threads", `{"name":"t","type":11}`); r.status != http.StatusCreated {
		t.Errorf("%s", r.body)
	}
	id := c.post("9")
	if r := c.do("POST", "/channels/"+textID+"/messages/"+id+"/threads", `{"name":"t"}`); r.status != http.StatusCreated {
		t.Errorf("%s", r.body)
	}
	if r := c.do("POST", "/channels/"+textID+"/messages/"+id+"/threads", `{"name":"t"}`); r.code(t) != 160004 {
		t.Errorf("%s", r.body)
	}
	c.do("GET", "/channels/"+id, "")
}

// The objects inside of an interaction are those that Discord describes.
func TestPayloadAgainstSpec(t *testing.T) {
	spec := spectest.Load(t)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{
			Content: "a", Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.Button{Label: "b", CustomID: "b", Style: discordgo.PrimaryButton}}}},
		}})
	})
	type objects map[string]json.RawMessage
	check := func(e *fakediscord.Exchange) {
		t.Helper()
		var got struct {
			Message json.RawMessage
			User    json.RawMessage
			Member  struct{ User json.RawMessage }
			Data    struct {
				Resolved struct{ Users, Roles, Messages, Attachments objects }
			}
		}
		if err := json.Unmarshal(e.Payload, &got); err != nil {
			t.Fatal(err)
		}
		n := 0
		object := func(kind string, raw json.RawMessage) {
			t.Helper()
			if len(raw) == 0 {
				return
			}
			n++
			if err := spec.Object(kind, raw); err != nil {
				t.Errorf("%s: %v\n%s", e, err, raw)
			}
		}
		object("MessageResponse", got.Message)
		object("UserResponse", got.User)
		object("UserResponse", got.Member.User)
		for kind, all := range map[string]objects{"UserResponse": got.Data.Resolved.Users, "GuildRoleResponse": got.Data.Resolved.Roles,
			"MessageResponse": got.Data.Resolved.Messages, "MessageAttachmentResponse": got.Data.Resolved.Attachments} {
			for _, raw := range all {
				object(kind, raw)
			}
		}
		if n == 0 {
			t.Errorf("%s has no objects: %s", e, e.Payload)
		}
	}
	e := p.do(fakediscord.Interaction{Name: "source add", Options: map[string]any{"url": "a", "who": "88", "role": roleID, "list": fakediscord.File{Name: "a", Data: []byte("b")}}})
	check(e)
	answer(t, e)
	for range 2 { // on the answer to a command, then on the answer to a button
		next, err := p.Press(limited(t), e, "b")
		if err != nil {
			t.Fatal(err)
		}
		check(next)
		answer(t, next)
		e = next
	}
	check(p.do(fakediscord.Interaction{Name: "Summarize links", Target: p.Say(textID, "77", "a")}))
	check(p.do(fakediscord.Interaction{Name: "help", Direct: true}))
}

// A bot sees in the API what it may not do in a channel, and in each interaction; it may answer there all the same.
func TestPermissionsAreShown(t *testing.T) {
	got := make(chan *discordgo.InteractionCreate, 1)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		got <- i
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{Content: "here"}})
	})
	ch, err := p.dg.Channel(noPostID)
	if err != nil || len(ch.PermissionOverwrites) != 1 || ch.PermissionOverwrites[0].ID != p.BotID() || ch.PermissionOverwrites[0].Deny&fakediscord.SendMessages == 0 {
		t.Errorf("%+v, %v", ch, err)
	}
	roles, err := p.dg.GuildRoles(guildID)
	if err != nil || len(roles) != 2 || roles[0].ID != guildID || roles[0].Permissions != fakediscord.Everyone || roles[1].Name != "desk" {
		t.Errorf("%+v, %v", roles, err)
	}
	m, err := p.dg.GuildMember(guildID, sampleID)
	if err != nil || len(m.Roles) != 1 || m.Roles[0] != roleID {
		t.Errorf("%+v, %v", m, err)
	}
	answer(t, p.do(fakediscord.Interaction{Name: "help", Channel: noPostID, User: fakediscord.User{ID: "88", Permissions: fakediscord.ViewChannel}}))
	i := <-got
	if i.AppPermissions&fakediscord.SendMessages != 0 || i.AppPermissions&fakediscord.ViewChannel == 0 || i.Member.Permissions != fakediscord.ViewChannel {
		t.Errorf("%+v", i.Interaction)
	}
	if m := p.Messages(noPostID); len(m) != 1 || m[0].Content != "here" {
		t.Errorf("%+v", m)
	}
}

// What people type becomes what their client sends.
func TestTyped(t *testing.T) {
	p := bot(t, testCommands, func(*discordgo.Session, *discordgo.InteractionCreate) {})
	for line, want := range map[string]fakediscord.Interaction{
		"/help":             {Name: "help", Options: map[string]any{}},
		"/source pack list": {Name: "source pack list", Options: map[string]any{}},
		`/source add url:https://harbour.example/a:b hours:3 quiet:true weight:0.5 topic:two words tier:Official`: {Name: "source add", Focused: "tier",
			Options: map[string]any{"url": "https://harbour.example/a:b", "hours": int64(3), "quiet": true, "weight": 0.5, "topic": "two words", "tier": "official"}},
		`/source add where:#stories role:@desk who:@ana mention:<@&` + roleID + `> topic:"a b"`: {Name: "source add", Focused: "topic",
			Options: map[string]any{"where": forumID, "role": roleID, "who": sampleID, "mention": roleID, "topic": "a b"}},
	} {
		want.Channel = textID
		if got, err := p.Typed(textID, line); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	for line, want := range map[string]string{
		"/": "nothing is typed", "/none": "no command /none", "/source": "one of: add, pack", "/source pack": "one of: list",
		"/source add here": "no option", "/help url:a": "it has: none",
	} {
		if got, err := p.Typed(textID, line); !errors.Is(err, fakediscord.ErrNotOffered) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
}
