package fakediscord_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/fakediscord"

	"github.com/bwmarrin/discordgo"
)

const (
	roleID   = "3301"
	sampleID = "4401" // a user
)

// testCommands are registered by the library in these tests.
var testCommands = []*discordgo.ApplicationCommand{
	{Name: "help", Description: "What there is", NameLocalizations: &map[discordgo.Locale]string{discordgo.German: "hilfe"}},
	{Name: "source", Description: "Sources", Options: []*discordgo.ApplicationCommandOption{
		{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "add", Description: "Add one", Options: []*discordgo.ApplicationCommandOption{
			{Type: discordgo.ApplicationCommandOptionString, Name: "url", Description: "Where it is", Required: true},
			{Type: discordgo.ApplicationCommandOptionString, Name: "tier", Description: "What it is", Choices: []*discordgo.ApplicationCommandOptionChoice{
				{Name: "Press", Value: "press"}, {Name: "Official", Value: "official"},
			}},
			{Type: discordgo.ApplicationCommandOptionInteger, Name: "hours", Description: "How often", MinValue: new(float64), MaxValue: 24},
			{Type: discordgo.ApplicationCommandOptionBoolean, Name: "quiet", Description: "No ping"},
			{Type: discordgo.ApplicationCommandOptionUser, Name: "who", Description: "Who"},
			{Type: discordgo.ApplicationCommandOptionChannel, Name: "where", Description: "Where"},
			{Type: discordgo.ApplicationCommandOptionRole, Name: "role", Description: "Role"},
			{Type: discordgo.ApplicationCommandOptionMentionable, Name: "mention", Description: "Either"},
			{Type: discordgo.ApplicationCommandOptionNumber, Name: "weight", Description: "Weight"},
			{Type: discordgo.ApplicationCommandOptionAttachment, Name: "list", Description: "A file"},
			{Type: discordgo.ApplicationCommandOptionString, Name: "topic", Description: "Topic", Autocomplete: true},
		}},
		{Type: discordgo.ApplicationCommandOptionSubCommandGroup, Name: "pack", Description: "Packs", Options: []*discordgo.ApplicationCommandOption{
			{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "list", Description: "List them"},
		}},
	}},
	{Name: "Summarize links", Type: discordgo.MessageApplicationCommand},
	{Name: "Greet", Type: discordgo.UserApplicationCommand},
}

// A press is a fake and the library as its bot. Handlers are called with each interaction; what they panic or fail with
// is the test's failure.
type press struct {
	*fakediscord.Server
	t    *testing.T
	base string
	dg   *discordgo.Session
	now  *hand
}

// A hand is a clock that only the test moves.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// bot starts a fake whose bot is the library, unmodified, with these commands.
func bot(t *testing.T, commands []*discordgo.ApplicationCommand, handle func(*discordgo.Session, *discordgo.InteractionCreate)) press {
	t.Helper()
	t.Parallel() // the library takes a second to close
	clock := &hand{at: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)}
	s, base := start(t, fakediscord.Options{Now: clock.now, Guilds: []fakediscord.Guild{{
		ID: guildID, Name: "Press room", Locale: "de", Roles: []fakediscord.Role{{ID: roleID, Name: "desk"}},
		Members: []fakediscord.User{{ID: sampleID, Name: "ana", Roles: []string{roleID}}},
		Channels: []fakediscord.Channel{
			{ID: textID, Name: "digest"}, {ID: noPostID, Name: "rules", NoPost: true}, {ID: forumID, Name: "stories", Type: fakediscord.Forum},
		},
	}}})
	dg := library(t, base)
	dg.AddHandler(handle)
	if err := dg.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dg.Close() })
	if _, err := dg.ApplicationCommandBulkOverwrite(s.BotID(), "", commands); err != nil {
		t.Fatal(err)
	}
	return press{s, t, base, dg, clock}
}

// limited is a context that ends with the test's patience.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	t.Cleanup(cancel)
	return ctx
}

func (p press) do(in fakediscord.Interaction) *fakediscord.Exchange {
	p.t.Helper()
	e, err := p.Interact(limited(p.t), in)
	if err != nil {
		p.t.Fatal(err)
	}
	return e
}

func answer(t *testing.T, e *fakediscord.Exchange) fakediscord.Call {
	t.Helper()
	c, err := e.Answer(limited(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func respond(t *testing.T, s *discordgo.Session, i *discordgo.InteractionCreate, r *discordgo.InteractionResponse) {
	t.Helper()
	if r.Data != nil && r.Type != discordgo.InteractionResponseModal && r.Type != discordgo.InteractionApplicationCommandAutocompleteResult {
		r.Data.AllowedMentions = &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}}
	}
	if err := s.InteractionRespond(i.Interaction, r); err != nil {
		t.Error(err)
	}
}

// Every kind of option arrives as the library decodes it.
func TestInteractOptions(t *testing.T) {
	got := make(chan *discordgo.InteractionCreate, 1)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		got <- i
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{Content: "taken"}})
	})
	e := p.do(fakediscord.Interaction{
		Name: "source add", Locale: "fr", User: fakediscord.User{ID: sampleID, Name: "ana", Permissions: fakediscord.Manager, Roles: []string{roleID}},
		Options: map[string]any{
			"url": "https://harbour.example/feed", "tier": "press", "hours": 3, "quiet": true, "who": "88", "where": forumID, "role": roleID,
			"mention": roleID, "weight": 0.5, "list": fakediscord.File{Name: "list.opml", Kind: "text/xml", Data: []byte("<opml/>")},
		},
	})
	c := answer(t, e)
	if c.Type != fakediscord.CallbackMessage || c.Content != "taken" || c.Status != 204 || c.Ephemeral || c.After != 0 {
		t.Errorf("%+v", c)
	}
	i := <-got
	if i.ID != e.ID || i.Token != e.Token || i.AppID != p.BotID() || i.GuildID != guildID || i.ChannelID != textID || i.Locale != "fr" || *i.GuildLocale != "de" ||
		i.User != nil || i.Member.User.ID != sampleID || i.Member.Permissions != fakediscord.Manager || !slices.Equal(i.Member.Roles, []string{roleID}) ||
		i.Version != 1 || i.Context != discordgo.InteractionContextGuild || i.AppPermissions&fakediscord.SendMessages == 0 ||
		i.AuthorizingIntegrationOwners[discordgo.ApplicationIntegrationGuildInstall] != guildID {
		t.Errorf("%+v", i.Interaction)
	}
	d := i.ApplicationCommandData()
	if d.Name != "source" || d.ID == "" || len(d.Options) != 1 || d.Options[0].Name != "add" || d.Options[0].Type != discordgo.ApplicationCommandOptionSubCommand {
		t.Fatalf("%+v", d)
	}
	options := d.Options[0].Options
	var names []string
	for _, o := range options {
		names = append(names, o.Name)
	}
	if want := "url tier hours quiet who where role mention weight list"; strings.Join(names, " ") != want {
		t.Errorf("options %q, want %q", names, want)
	}
	if options[0].StringValue() != "https://harbour.example/feed" || options[2].IntValue() != 3 || !options[3].BoolValue() || options[4].UserValue(nil).ID != "88" ||
		options[5].ChannelValue(nil).ID != forumID || options[6].RoleValue(nil, "").ID != roleID || options[8].FloatValue() != 0.5 {
		t.Errorf("%+v", d.Options[0])
	}
	r := d.Resolved
	if r.Users["88"] == nil || r.Members["88"] == nil || r.Channels[forumID].Name != "stories" || r.Roles[roleID].Name != "desk" || r.Attachments[options[9].Value.(string)].Filename != "list.opml" {
		t.Errorf("resolved %+v", r)
	}
	if len(p.Messages(textID)) != 1 || p.Messages(textID)[0].Interaction != e.ID {
		t.Errorf("the channel has %+v", p.Messages(textID))
	}
}

// Menus carry what they were opened on, direct messages a user and no guild.
func TestInteractMenusAndDirect(t *testing.T) {
	got := make(chan *discordgo.InteractionCreate, 1)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		got <- i
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{Content: "taken", Flags: discordgo.MessageFlagsEphemeral}})
	})
	id := p.Say(textID, "77", "see https://harbour.example/1")
	answer(t, p.do(fakediscord.Interaction{Name: "Summarize links", Target: id}))
	d := (<-got).ApplicationCommandData()
	if d.TargetID != id || d.CommandType != discordgo.MessageApplicationCommand || d.Resolved.Messages[id].Content != "see https://harbour.example/1" {
		t.Errorf("%+v", d)
	}
	answer(t, p.do(fakediscord.Interaction{Name: "Greet", Target: sampleID}))
	if d := (<-got).ApplicationCommandData(); d.TargetID != sampleID || d.Resolved.Users[sampleID].Username != "ana" || len(d.Resolved.Members[sampleID].Roles) != 1 {
		t.Errorf("%+v", d)
	}
	e := p.do(fakediscord.Interaction{Name: "help", Direct: true})
	c := answer(t, e)
	i := <-got
	if i.GuildID != "" || i.Member != nil || i.User.ID != "7001" || i.Context != discordgo.InteractionContextBotDM || i.ChannelID == textID || !c.Ephemeral {
		t.Errorf("%+v", i.Interaction)
	}
	if ch, err := p.dg.UserChannelCreate("7001"); err != nil || ch.ID != i.ChannelID {
		t.Errorf("%+v, %v", ch, err)
	}
}

// Deferred answers, follow-ups, and what only one reader sees.
func TestDeferred(t *testing.T) {
	release := make(chan bool)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		respond(t, s, i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource, Data: &discordgo.InteractionResponseData{Flags: discordgo.MessageFlagsEphemeral}})
		<-release
		none := &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}}
		text := "at last"
		if _, err := s.InteractionResponseEdit(i.Interaction, &discordgo.WebhookEdit{Content: &text, AllowedMentions: none}); err != nil {
			t.Error(err)
		}
		f, err := s.FollowupMessageCreate(i.Interaction, true, &discordgo.WebhookParams{Content: "more", AllowedMentions: none})
		if err != nil {
			t.Error(err)
			return
		}
		if err := s.FollowupMessageDelete(i.Interaction, f.ID); err != nil {
			t.Error(err)
		}
	})
	e := p.do(fakediscord.Interaction{Name: "help"})
	c, err := e.Acknowledged(limited(t))
	if err != nil || c.Type != fakediscord.CallbackDefer || !c.Ephemeral {
		t.Fatalf("%+v, %v", c, err)
	}
	if m, there := e.Message(); !there || m.Content != "" || m.Flags&128 == 0 {
		t.Errorf("while it is put off: %+v", m)
	}
	p.now.move(10 * time.Minute)
	release <- true
	if c := answer(t, e); c.Did != fakediscord.DidEdit || c.Content != "at last" || !c.Ephemeral || c.After != 10*time.Minute {
		t.Errorf("%+v", c)
	}
	if _, err := e.Await(limited(t), func(c fakediscord.Call) bool { return c.Did == fakediscord.DidDeleteFollowUp }); err != nil {
		t.Error(err)
	}
	if m, _ := e.Message(); m.Flags != 64 || m.Content != "at last" {
		t.Errorf("%+v", m)
	}
	if f := e.FollowUps(); len(f) != 1 || !f[0].Deleted || f[0].Ephemeral {
		t.Errorf("%+v", f)
	}
	list, err := p.dg.ChannelMessages(textID, 10, "", "", "")
	if err != nil || len(list) != 0 {
		t.Errorf("the channel shows %d messages, %v", len(list), err)
	}
}

// Buttons, menus and modals go on from the message or modal that was answered.
func TestComponents(t *testing.T) {
	got := make(chan *discordgo.InteractionCreate, 1)
	p := bot(t, testCommands, func(s *discordgo.Session, i *discordgo.InteractionCreate) {
		got <- i
		r := &discordgo.InteractionResponse{Type: discordgo.InteractionResponseUpdateMessage, Data: &discordgo.InteractionResponseData{
			Content: "page 2", Components: []discordgo.MessageComponent{
				discordgo.ActionsRow{Components: []discordgo.MessageComponent{
					discordgo.Button{Label: "Next", CustomID: "next", Style: discordgo.PrimaryButton},
					discordgo.Button{Label: "Off", CustomID: "off", Style: discordgo.PrimaryButton, Disabled: true},
					discordgo.Button{Label: "Ask", CustomID: "ask", Style: discordgo.PrimaryButton},
				}},
				discordgo.ActionsRow{Components: []discordgo.MessageComponent{
					discordgo.SelectMenu{CustomID: "pick", MaxValues: 2, Options: []discordgo.SelectMenuOption{{Label: "A", Value: "a"}, {Label: "B", Value: "b"}, {Label: "C", Value: "c"}}},
				}},
				discordgo.ActionsRow{Components: []discordgo.MessageComponent{
					discordgo.SelectMenu{MenuType: discordgo.RoleSelectMenu, CustomID: "roles", MaxValues: 1},
				}},
			},
		}}
		switch {
		case i.Type == discordgo.InteractionApplicationCommand:
			r.Type = discordgo.InteractionResponseChannelMessageWithSource
			r.Data.Content, r.Data.Flags = "page 1", discordgo.MessageFlagsEphemeral
		case i.Type == discordgo.InteractionMessageComponent && i.MessageComponentData().CustomID == "ask":
			r = &discordgo.InteractionResponse{Type: discordgo.InteractionResponseModal, Data: &discordgo.InteractionResponseData{
				Title: "Note", CustomID: "note", Components: []discordgo.MessageComponent{
					discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.TextInput{CustomID: "text", Label: "Text", Style: discordgo.TextInputShort, MaxLength: 10, Required: true}}},
				},
			}}
		}
		respond(t, s, i, r)
	})
	ctx := limited(t)
	first := p.do(fakediscord.Interaction{Name: "help"})
	answer(t, first)
	<-got
	m, _ := first.Message()

	next, err := p.Press(ctx, first, "next")
	if err != nil {
		t.Fatal(err)
	}
	if c := answer(t, next); c.Type != fakediscord.CallbackUpdate || c.Message != m.ID || c.Content != "page 2" || !c.Ephemeral {
		t.Errorf("%+v", c)
	}
	i := <-got
	if i.Message == nil || i.Message.ID != m.ID || i.Message.Content != "page 1" || i.MessageComponentData().ComponentType != discordgo.ButtonComponent {
		t.Errorf("%+v", i.Interaction)
	}
	picked, err := p.Select(ctx, first, "pick", []string{"a", "c"})
	if err != nil {
		t.Fatal(err)
	}
	answer(t, picked)
	if d := (<-got).MessageComponentData(); !slices.Equal(d.Values, []string{"a", "c"}) || d.ComponentType != discordgo.SelectMenuComponent {
		t.Errorf("%+v", d)
	}
	roles, err := p.Select(ctx, first, "roles", []string{roleID})
	if err != nil {
		t.Fatal(err)
	}
	answer(t, roles)
	if d := (<-got).MessageComponentData(); d.Resolved.Roles[roleID] == nil {
		t.Errorf("%+v", d)
	}
	asked, err := p.Press(ctx, first, "ask")
	if err != nil {
		t.Fatal(err)
	}
	if c := answer(t, asked); c.Type != fakediscord.CallbackModal || !strings.Contains(string(c.Body), `"Note"`) {
		t.Errorf("%+v", c)
	}
	<-got
	sent, err := p.Submit(ctx, asked, map[string]any{"text": "short"})
	if err != nil {
		t.Fatal(err)
	}
	if c := answer(t, sent); c.Type != fakediscord.CallbackUpdate || c.Message != m.ID {
		t.Errorf("%+v", c)
	}
	d := (<-got).ModalSubmitData()
	if d.CustomID != "note" || d.Components[0].(*discordgo.ActionsRow).Components[0].(*discordgo.TextInput).Value != "short" {
		t.Errorf("%+v", d)
	}
	// What the client would not offer.
	for name, f := range map[string]func() (*fakediscord.Exchange, error){
		"no such button": func() (*fakediscord.Exchange, error) { return p.Press(ctx, first, "nothing") },
		"disabled":       func() (*fakediscord.Exchange, error) { return p.Press(ctx, first, "off") },
		"three of two":   func() (*fakediscord.Exchange, error) { return p.Select(ctx, first, "pick", []string{"a", "b", "c"}) },
		"no such value":  func() (*fakediscord.Exchange, error) { return p.Select(ctx, first, "pick", []string{"z"}) },
		"another's":      func() (*fakediscord.Exchange, error) { return p.Press(ctx, first, "next", fakediscord.User{ID: "66"}) },
		"no modal":       func() (*fakediscord.Exchange, error) { return p.Submit(ctx, first, nil) },
		"too long": func() (*fakediscord.Exchange, error) {
			return p.Submit(ctx, asked, map[string]any{"text": "12345678901"})
		},
		"required": func() (*fakediscord.Exchange, error) { return p.Submit(ctx, asked, nil) },
		"unknown field": func() (*fakediscord.Exchange, error) {
			return p.Submit(ctx, asked, map[string]any{"text": "a", "x": "b"})
		},
		"message is gone": func() (*fakediscord.Exchange, error) {
			return p.Interact(ctx, fakediscord.Interaction{Kind: fakediscord.Component, Message: "1", CustomID: "next"})
		},
	} {
		if e, err := f(); !errors.Is(err, fakediscord.ErrNotOffered) {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
	forged, err := p.Interact(ctx, fakediscord.Interaction{Kind: fakediscord.Component, Message: m.ID, CustomID: "foreign", User: fakediscord.User{ID: "66"}, Forged: true})
	if err != nil {
		t.Fatal(err)
	}
	answer(t, forged)
	if d := (<-got).MessageComponentData(); d.CustomID != "foreign" {
		t.Errorf("%+v", d)
	}
	for _, v := range p.Violations() {
		if !strings.Contains(v, "version 9") {
			t.Errorf("violation: %s", v)
		}
	}
}
