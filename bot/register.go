package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"attache/internal/store"
)

const (
	registerRetry = time.Minute // after a failure; doubled up to registerSlow
	registerSlow  = time.Hour
)

// register tells Discord which commands there are, once, and again only when they changed: the hash of what was sent last
// is kept. With devGuild they are registered in that guild alone, where Discord shows them at once.
func (b *Bot) register(ctx context.Context) {
	select {
	case <-b.known:
	case <-ctx.Done():
		return
	}
	for pause := registerRetry; ; pause = min(2*pause, registerSlow) {
		err := b.registerNow(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		b.log.Error("commands not registered", "err", b.rest.hide(err), "retry_in", pause)
		sleep(ctx, pause)
	}
}

func (b *Bot) registerNow(ctx context.Context) error {
	body, err := json.Marshal(b.desk.table.registration(b.texts))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	b.mu.Lock()
	path := "/applications/" + b.application
	b.mu.Unlock()
	if b.devGuild != "" {
		path += "/guilds/" + b.devGuild
	}
	old, err := b.db.Read().Registration(ctx, path)
	if err != nil || old == hash {
		return err
	}
	if err := b.rest.do(ctx, http.MethodPut, path+"/commands", body, nil); err != nil {
		return fmt.Errorf("register commands: %w", err)
	}
	b.log.Info("commands registered", "guild", b.devGuild)
	return b.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return q.SaveRegistration(ctx, path, hash) })
}
