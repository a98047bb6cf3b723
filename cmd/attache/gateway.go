package main

import (
	"context"
	"errors"
	"time"

	"attache/bot"
	"attache/cmd/attache/watch"
)

// gatewayRest is the pause before a gateway is tried again that Discord refused: somebody has to act first.
const gatewayRest = 10 * time.Minute

// holdGateway holds the sessions with Discord until ctx ends. Where this process makes digests too, a refusal of what was
// open before does not end it: posting may well go on, and the operator is told. Any other error ends the program.
func (a *app) holdGateway(ctx context.Context) error {
	for {
		err := a.bot.Run(ctx)
		var refused *bot.GatewayRefusal
		if err == nil || !errors.As(err, &refused) || !refused.Opened || !a.roles.has(workerRole) {
			if err != nil {
				a.watch.Ended(context.WithoutCancel(ctx), err)
			}
			return err
		}
		a.log.Error("Discord's gateway refuses the bot; digests are made all the same", "err", err, "retry_in", gatewayRest)
		rest := time.NewTimer(gatewayRest)
		select {
		case <-ctx.Done():
			rest.Stop()
			return nil
		case <-rest.C:
		}
	}
}

// gateway is how the gateway of this process stands.
func (a *app) gateway() watch.Gateway { return watch.Gateway(a.bot.Gateway()) }
