package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store"
)

// patches are the bodies of the requests to change a message; each must be one that Discord's description knows.
func patches(t *testing.T, s *fakediscord.Server) (out []string) {
	t.Helper()
	spec := spectest.Load(t)
	for _, r := range s.Requests() {
		if r.Method != http.MethodPatch {
			continue
		}
		req, err := http.NewRequest(r.Method, "http://discord.example/api/v10"+strings.TrimPrefix(r.Path, "/api/v10"), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if err := spec.Request(req, []byte(r.Body)); err != nil {
			t.Errorf("%s %s: %v\n%s", r.Method, r.Path, err, r.Body)
		}
		out = append(out, r.Body)
	}
	return out
}

// A message is changed where it stands: in a channel, and as the first of a forum's post. Nobody is called, no nonce is
// sent, and the same edit made twice changes nothing more.
func TestEdit(t *testing.T) {
	for name, c := range map[string]struct{ channel, before, after string }{
		"channel": {textID, `{"content":"digest MARKa"}`, `{"content":"digest MARKa corrected <@&7>","nonce":"x","allowed_mentions":{"parse":["roles"],"roles":["7"]}}`},
		"forum":   {forumID, `{"name":"Digest","message":{"content":"digest MARKa"}}`, `{"name":"Digest","message":{"content":"digest MARKa corrected <@&7>","allowed_mentions":{"parse":[],"roles":["7"]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := fresh(t)
			p := part("a")
			p.Channel, p.Body = c.channel, json.RawMessage(c.before)
			id, err := b.Send(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			p.Message = id
			for range 2 {
				if err := b.Edit(t.Context(), p, json.RawMessage(c.after)); err != nil {
					t.Fatal(err)
				}
			}
			ms := s.Messages("")
			if len(ms) != 1 || ms[0].ID != id || ms[0].Content != "digest MARKa corrected <@&7>" || len(ms[0].Mentions.Parse) != 0 || len(ms[0].Mentions.Roles) != 0 {
				t.Errorf("messages %+v", ms)
			}
			bodies := patches(t, s)
			if len(bodies) != 2 || strings.Contains(bodies[0], "nonce") || !strings.Contains(bodies[0], `"allowed_mentions":{"parse":[]}`) {
				t.Errorf("requests %q", bodies)
			}
		})
	}
}

// A message that a moderator deleted is nobody's fault.
func TestEditDeleted(t *testing.T) {
	s, b := fresh(t)
	p := part("a")
	id, err := b.Send(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Message = id
	s.Delete(textID, id)
	if err := b.Edit(t.Context(), p, p.Body); !errors.Is(err, digest.ErrDeleted) {
		t.Errorf("error %v", err)
	}
}

// What Discord's answers to an edit mean.
func TestEditRefusals(t *testing.T) {
	edit := func(t *testing.T, f fakediscord.Fault) error {
		s, b := fresh(t)
		f.Method = http.MethodPatch
		s.Inject(f)
		p := part("a")
		p.Message = "5"
		return b.Edit(t.Context(), p, p.Body)
	}
	for _, c := range []struct {
		status, code int
		says         string
	}{{403, 50005, "another bot account"}, {403, 50001, "View Channel"}, {404, 10003, "gone"}, {400, 50083, "archived"}} {
		err := edit(t, fakediscord.Fault{Status: c.status, Body: fmt.Sprintf(`{"code":%d,"message":"no"}`, c.code)})
		var refused *digest.Refused
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, c.says) {
			t.Errorf("%d: error %v", c.code, err)
		}
	}
	wantLater(t, edit(t, fakediscord.Fault{RetryAfter: 30 * time.Second}), 30*time.Second)
	wantUnknown(t, edit(t, fakediscord.Fault{Status: 502, Body: "bad gateway"}))
}

// What Discord would refuse is not sent.
func TestEditKeepsRules(t *testing.T) {
	s, b := fresh(t)
	p := store.Part{Channel: textID, Message: "5"}
	for _, raw := range []string{`{"content":"` + strings.Repeat("x", contentLimit+1) + `"}`, `{"content":""}`, `[]`} {
		var refused *digest.Refused
		if err := b.Edit(t.Context(), p, json.RawMessage(raw)); !errors.As(err, &refused) {
			t.Errorf("%.20s: error %v", raw, err)
		}
	}
	if n := len(patches(t, s)); n != 0 {
		t.Errorf("%d requests", n)
	}
}
