package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Check asks Discord who the token belongs to, and returns the bot's name; its error is a sentence for operators.
func (b *Bot) Check(ctx context.Context) (string, error) {
	me, err := b.self(ctx)
	if err != nil {
		return "", b.rest.explain(err)
	}
	if !me.Bot {
		return "", errors.New("the token belongs to a person, not to a bot: make an application in the developer portal and take the token of its bot")
	}
	return me.Username, nil
}

// explain turns an error of the API into a sentence for operators.
func (r *rest) explain(err error) error {
	var e *apiError
	var wait *waitError
	switch {
	case errors.As(err, &e) && e.Status == http.StatusUnauthorized:
		return errors.New("discord does not know the token: make a new one in the developer portal (Bot, Reset Token) and set DISCORD_TOKEN")
	case errors.As(err, &e) && e.Status == http.StatusForbidden:
		return errors.New("discord forbids it: the bot or this network's address is blocked (" + e.Error() + ")")
	case errors.As(err, &e) && e.Status == http.StatusNotFound:
		return errors.New("there is no Discord API at " + r.base + ": check discord.api_base_url")
	case errors.As(err, &e) && e.Status == http.StatusTooManyRequests:
		return fmt.Errorf("discord asks for patience: try again in %s", e.After)
	case errors.As(err, &e):
		return fmt.Errorf("discord has trouble of its own: %w", e)
	case errors.As(err, &wait):
		return fmt.Errorf("discord asks for patience: try again in %s", wait.after)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return fmt.Errorf("discord cannot be reached at %s: %w", r.base, err)
}
