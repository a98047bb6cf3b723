package fakediscord_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// Whatever a bot sends, it is answered as Discord would answer: never with a panic, and with a refusal that says why.
func FuzzBodies(f *testing.F) {
	for _, s := range []string{
		said, `{"type":4,"data":` + said + `}`, `{"type":5}`, `{"type":8,"data":{"choices":[{"name":"a","value":1}]}}`,
		`{"type":9,"data":{"custom_id":"m","title":"T","components":[{"type":18,"label":"L","component":{"type":4,"custom_id":"a","style":1}}]}}`,
		`[{"name":"a","description":"d","options":[{"type":2,"name":"g","description":"d","options":[{"type":1,"name":"s","description":"d","options":[null]}]}]}]`,
		`{"type":7,"data":{"components":[{"type":17,"components":[null,{"type":9,"accessory":{"type":11,"media":{"url":"x"}}}]},5],"flags":32768}}`,
		`{"name":"t","type":11}`, `{"name":"t","message":{"content":"a"},"applied_tags":null}`, `{"attachments":[{"id":0},{"id":"x"}],"embeds":null}`, `null`, `[]`, `[null]`,
	} {
		f.Add(s)
	}
	const base = "/api/v10"
	f.Fuzz(func(t *testing.T, body string) {
		s, url := start(t, fakediscord.Options{Route: fakediscord.Limit{Requests: 1000, Per: time.Second}})
		g := dial(t, url, "/gateway?v=10&encoding=json")
		g.say(identify)
		id := s.Say(textID, "77", "a")
		for _, in := range []fakediscord.Interaction{
			{Name: "help"}, {Kind: fakediscord.Autocomplete, Name: "help", Focused: "x"}, {Kind: fakediscord.Component, Message: id, CustomID: "x"}, {Kind: fakediscord.ModalSubmit, CustomID: "x"},
		} {
			in.Forged = true
			e, err := s.Interact(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			hook, of := "/webhooks/"+s.BotID()+"/"+e.Token, "/applications/"+s.BotID()
			for _, to := range [][2]string{
				{"POST", "/interactions/" + e.ID + "/" + e.Token + "/callback?with_response=true"}, {"PATCH", hook + "/messages/@original"}, {"POST", hook}, {"GET", hook + "/messages/@original"},
				{"PUT", of + "/commands"}, {"POST", of + "/guilds/" + guildID + "/commands"}, {"POST", "/channels/" + textID + "/messages"}, {"PATCH", "/channels/" + textID + "/messages/" + id},
				{"POST", "/channels/" + textID + "/threads"}, {"POST", "/channels/" + forumID + "/threads"}, {"POST", "/channels/" + textID + "/messages/" + id + "/threads"},
				{"POST", "/users/@me/channels"}, {"GET", "/channels/" + textID + "/messages"}, {"GET", of + "/commands?with_localizations=true"},
			} {
				r := httptest.NewRequestWithContext(t.Context(), to[0], base+to[1], strings.NewReader(body))
				r.Header.Set("Authorization", "Bot "+token)
				r.Header.Set("User-Agent", agent)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code >= 500 || w.Code >= 400 && !strings.Contains(w.Body.String(), `"code":`) {
					t.Errorf("%s %s %s: %d %s", to[0], to[1], body, w.Code, w.Body)
				}
			}
			if c := e.Calls(); len(c) == 0 {
				t.Errorf("nothing was recorded of %s", e)
			}
		}
	})
}
