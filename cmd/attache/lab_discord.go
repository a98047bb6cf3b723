package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"attache/internal/fakediscord"

	"github.com/spf13/cobra"
)

const (
	labToken = "lab.not-a-secret.token" // the built-in Discord takes it, and no other does
	labGuild = "1180000000000000002"
	labNews  = "1190000000000000002"
	labForum = "1190000000000000003"

	labPatience = 20 * time.Second // with what is not answered yet when the input ends
)

// labUsers are who can be acted as.
var labUsers = map[string]fakediscord.User{
	"reader":  {ID: "1170000000000000001", Name: "reader"},
	"manager": {ID: "1170000000000000002", Name: "manager", Permissions: fakediscord.Manager},
}

const labDiscordHelp = `Start the built-in Discord alone, on loopback, to try a bot against it by hand: this one, with its
configuration's discord.api_base_url and DISCORD_TOKEN set to what is printed, or any other.
It has one server with a text channel #news and a forum #stories. What the bot registers, posts and
answers is printed as it comes; a broken rule is too, once. What is typed is done to the bot:

  /source add url:https://…        a slash command; options by name, up to the next or in "…"
  complete /source add topic:fi    the suggestions for the last option
  menu Summarize links             a command in the menu of the newest message; end it with "on ID" for another
  press LABEL                      a button of the newest message that has it; its id will do, to its first colon too
  choose ID VALUE…                 values of a select menu, as they are listed below the message
  submit FIELD=VALUE…              the modal that was shown last; a value may stand in "…"
  say TEXT                         a message of yours
  as manager|reader                who you are (at first: manager)
  in #news|ID|direct               where you are (at first: #news)
  locale de                        the language of your client

It ends with the input, when everything is answered, or on an interrupt; with --stay only then.`

func newLabDiscord(t terminal) *cobra.Command {
	var l labDiscord
	c := &cobra.Command{
		Use: "discord", Short: "Start the built-in Discord alone, to try a bot by hand", Long: labDiscordHelp, Args: cobra.NoArgs,
		Example: "  attache lab discord --listen 127.0.0.1:8123",
		RunE: func(c *cobra.Command, _ []string) error {
			l.t = t
			return l.run(c.Context())
		},
	}
	c.Flags().StringVar(&l.listen, "listen", "127.0.0.1:0", "address on this machine; port 0 is any that is free")
	c.Flags().BoolVar(&l.json, "json", false, "print JSON, an object a line")
	c.Flags().BoolVar(&l.stay, "stay", false, "stay when the input ends")
	return c
}

// A labDiscord is the built-in Discord with a person before it.
type labDiscord struct {
	listen     string
	json, stay bool
	t          terminal

	server     *fakediscord.Server
	at         fakediscord.Interaction // who and where the person is
	registered chan struct{}           // closed when the bot has commands
	once       sync.Once
	told       int // violations

	mu sync.Mutex // of what is printed
}

func (l *labDiscord) run(ctx context.Context) error {
	if !loopback(l.listen) {
		return say("--listen %s is not on this machine. The built-in Discord keeps nobody out; choose an address such as 127.0.0.1:8123.", l.listen)
	}
	l.registered = make(chan struct{})
	l.at = fakediscord.Interaction{User: labUsers["manager"], Channel: labNews}
	l.server = fakediscord.New(fakediscord.Options{
		Token: labToken,
		Guilds: []fakediscord.Guild{{ID: labGuild, Name: "Lab", Channels: []fakediscord.Channel{
			{ID: labNews, Name: "news"}, {ID: labForum, Name: "stories", Type: fakediscord.Forum},
		}}},
		OnMessage: l.message, OnCall: l.call, OnCommands: l.commands,
	})
	base, err := l.server.Start(l.listen)
	if err != nil {
		return say("%s cannot be opened: %v. Choose another with --listen.", l.listen, errors.Unwrap(err))
	}
	defer l.server.Close()
	l.print(map[string]any{"event": "listening", "api": base, "token": labToken, "guild": labGuild, "channels": map[string]string{"news": labNews, "stories": labForum}},
		"discord.api_base_url: "+base+"\nDISCORD_TOKEN="+labToken+"\nServer Lab ("+labGuild+") with #news ("+labNews+") and the forum #stories ("+labForum+")")
	// A read from a terminal cannot be interrupted, so nobody waits for this goroutine: it ends with the process.
	typed := make(chan string)
	go func() {
		defer close(typed)
		for in := bufio.NewScanner(l.t.in); in.Scan(); {
			select {
			case typed <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case line, more := <-typed:
			if !more {
				if l.stay {
					<-ctx.Done()
				}
				return l.end(ctx)
			}
			if err := l.do(ctx, strings.TrimSpace(line)); err != nil && ctx.Err() == nil {
				l.problem(err)
			}
			l.violations()
		case <-ctx.Done():
			return l.end(ctx)
		}
	}
}

// end waits for what is not answered yet.
func (l *labDiscord) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, labPatience)
	defer cancel()
	for _, e := range l.server.Exchanges() {
		if _, err := e.Answer(ctx); err != nil && !errors.Is(err, context.Canceled) {
			l.problem(err)
		}
	}
	l.violations()
	return nil
}

// do does what a line says.
func (l *labDiscord) do(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case line == "" || strings.HasPrefix(line, "#"):
		return nil
	case line == "?" || line == "help":
		l.print(map[string]any{"event": "help", "text": labDiscordHelp}, labDiscordHelp)
		return nil
	case strings.HasPrefix(line, "/"):
		return l.command(ctx, line, fakediscord.Command)
	}
	switch word {
	case "complete":
		return l.command(ctx, rest, fakediscord.Autocomplete)
	case "menu":
		return l.menu(ctx, rest)
	case "press":
		return l.use(ctx, rest, nil)
	case "choose":
		id, values, _ := strings.Cut(rest, " ")
		return l.use(ctx, id, strings.Fields(values))
	case "submit":
		return l.submit(ctx, rest)
	case "say":
		if l.server.Say(l.at.Channel, l.at.User.ID, rest) == "" {
			return say("There is nothing to say it in. Go to a channel first: in #news")
		}
		return nil
	case "as":
		u, known := labUsers[rest]
		if !known {
			return say("%q is nobody here. Write: as manager, or: as reader", rest)
		}
		l.at.User = u
		return nil
	case "in":
		channel := map[string]string{"#news": labNews, "news": labNews, "#stories": labForum, "stories": labForum, "direct": ""}
		id, named := channel[rest]
		if !named {
			id = strings.Trim(rest, "<#>")
		}
		l.at.Channel, l.at.Direct = id, rest == "direct"
		return nil
	case "locale":
		l.at.Locale = rest
		return nil
	}
	return say("%q is nothing that can be done here. ? lists what is.", word)
}

// command sends a command, or the typing of one, once the bot has registered any.
func (l *labDiscord) command(ctx context.Context, line string, kind int) error {
	select {
	case <-l.registered:
	case <-ctx.Done():
		return ctx.Err()
	}
	in, err := l.server.Typed(l.at.Channel, line)
	if err != nil {
		return err
	}
	in.Kind = kind
	if kind == fakediscord.Command {
		in.Focused = ""
		if err := handOver(in.Options); err != nil {
			return err
		}
	}
	return l.send(ctx, in)
}

// handOver reads the files whose paths were typed for options that take a file.
func handOver(options map[string]any) error {
	for name, value := range options {
		f, ok := value.(fakediscord.File)
		if !ok {
			continue
		}
		data, err := os.ReadFile(f.Name)
		if err != nil {
			return say("The file %s cannot be read: %v.", f.Name, plain(err))
		}
		options[name] = fakediscord.File{Name: filepath.Base(f.Name), Data: data}
	}
	return nil
}

// menu opens a command of a message's menu.
func (l *labDiscord) menu(ctx context.Context, rest string) error {
	name, id, named := strings.Cut(rest, " on ")
	if !named {
		for _, m := range l.server.Messages(l.at.Channel) {
			if !m.Deleted {
				id = m.ID
			}
		}
	}
	select {
	case <-l.registered:
	case <-ctx.Done():
		return ctx.Err()
	}
	return l.send(ctx, fakediscord.Interaction{Name: strings.TrimSpace(name), Target: strings.TrimSpace(id)})
}

// use presses a button or chooses in a menu: that of the newest message that has it.
func (l *labDiscord) use(ctx context.Context, word string, values []string) error {
	var on []fakediscord.Message
	for _, e := range l.server.Exchanges() {
		if m, there := e.Message(); there {
			on = append(on, m)
		}
		on = append(on, e.FollowUps()...)
	}
	on = append(on, l.server.Messages("")...)
	slices.SortStableFunc(on, func(a, b fakediscord.Message) int { return a.Created.Compare(b.Created) })
	for _, m := range slices.Backward(on) {
		for _, c := range controls(m.Components) {
			if !m.Deleted && c.named(word) {
				in := fakediscord.Interaction{Kind: fakediscord.Component, Message: m.ID, CustomID: c.ID, Values: values, Channel: m.Channel}
				in.User, in.Locale = l.at.User, l.at.Locale
				_, err := l.server.Interact(ctx, in)
				return err
			}
		}
	}
	return say("No message has a button or menu %q.", word)
}

// submit sends the modal that was shown last.
func (l *labDiscord) submit(ctx context.Context, rest string) error {
	fields := map[string]any{}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		name, value, is := strings.Cut(rest, "=")
		if !is {
			return say("%q is no field. Write: submit FIELD=VALUE, for a value of several words FIELD=\"…\"", rest)
		}
		if quoted, isQuoted := strings.CutPrefix(value, `"`); isQuoted {
			fields[name], rest, _ = strings.Cut(quoted, `"`)
			continue
		}
		fields[name], rest, _ = strings.Cut(value, " ")
	}
	for _, e := range slices.Backward(l.server.Exchanges()) {
		for _, c := range e.Calls() {
			if c.Type == fakediscord.CallbackModal && c.Status < 400 {
				_, err := l.server.Submit(ctx, e, fields)
				return err
			}
		}
	}
	return say("No modal was shown.")
}

func (l *labDiscord) send(ctx context.Context, in fakediscord.Interaction) error {
	in.User, in.Channel, in.Direct, in.Locale = l.at.User, l.at.Channel, l.at.Direct, l.at.Locale
	_, err := l.server.Interact(ctx, in)
	return err
}
