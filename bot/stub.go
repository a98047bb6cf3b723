package bot

import (
	"context"
	"log/slog"
	"net/http"

	"attache/internal/digest"
	"attache/internal/store"
)

// STUB FILE: owned by the author of bot, who replaces it.

// Options of New.
type Options struct {
	Token   string
	APIBase string       // "" is https://discord.com/api/v10; else the base of a REST proxy or another server, e.g. http://127.0.0.1:9000/api/v10
	Client  *http.Client // nil: one of our own
	Lang    string       // of texts where a guild has none; "" is en
}

// Bot is a connection to Discord. It fulfils digest.Poster.
type Bot struct{}

// New makes a bot; nothing is sent before Run, Check or Send.
func New(log *slog.Logger, db *store.DB, o Options) (*Bot, error) { return &Bot{}, nil }

// Check asks Discord who the token belongs to, and returns the bot's name; its error is a sentence for operators.
func (b *Bot) Check(ctx context.Context) (string, error) { return "", nil }

// Run holds the gateway session until ctx ends, keeping guild rows (joined, left, name) up to date.
func (b *Bot) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Ready is closed once the session was READY for the first time.
func (b *Bot) Ready() <-chan struct{} { return nil }

func (b *Bot) Render(d digest.Digest, seed string) ([]digest.Message, error) { return nil, nil }
func (b *Bot) Send(ctx context.Context, p store.Part) (string, error)        { return "", nil }
func (b *Bot) Find(ctx context.Context, p store.Part) (string, error)        { return "", nil }

var _ digest.Poster = (*Bot)(nil)
