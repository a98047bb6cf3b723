package fakediscord_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"

	"github.com/gorilla/websocket"
)

// One command from the user through the gateway to the bot and, over HTTP, back to the user.
func BenchmarkExchange(b *testing.B) {
	s := fakediscord.New(fakediscord.Options{Token: token, Route: fakediscord.Limit{Requests: 1 << 30, Per: time.Second}, Guilds: []fakediscord.Guild{{
		ID: guildID, Channels: []fakediscord.Channel{{ID: textID}},
	}}})
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ws, resp, err := websocket.DefaultDialer.DialContext(b.Context(), "ws"+strings.TrimSuffix(strings.TrimPrefix(base, "http"), "/api/v10")+"/gateway?v=10&encoding=json", nil)
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	defer ws.Close()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(identify)); err != nil {
		b.Fatal(err)
	}
	hear := func(want string) {
		for {
			var e event
			if err := ws.ReadJSON(&e); err != nil {
				b.Fatal(err)
			}
			if e.T == want {
				return
			}
		}
	}
	hear("GUILD_CREATE")
	for b.Loop() {
		e, err := s.Interact(b.Context(), fakediscord.Interaction{Name: "help", Forged: true})
		if err != nil {
			b.Fatal(err)
		}
		hear("INTERACTION_CREATE")
		req, err := http.NewRequestWithContext(b.Context(), "POST", fmt.Sprintf("%s/interactions/%s/%s/callback", base, e.ID, e.Token), strings.NewReader(`{"type":4,"data":`+said+`}`))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("User-Agent", agent)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		if _, err := e.Answer(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
