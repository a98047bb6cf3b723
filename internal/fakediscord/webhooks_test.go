package fakediscord_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// A hook is a fake with a session at its gateway that answers nothing by itself: the test makes every request.
type hook struct {
	*fakediscord.Server
	client
	now *hand
}

func hooked(t *testing.T, o fakediscord.Options) hook {
	t.Helper()
	clock := &hand{at: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)}
	o.Now = clock.now
	s, base := start(t, o)
	g := dial(t, base, "/gateway?v=10&encoding=json")
	g.say(identify)
	await(t, s, func(st fakediscord.GatewayState) bool { return st.Sessions == 1 })
	return hook{s, client{t: t, base: base}, clock}
}

func (h hook) interact(in fakediscord.Interaction) *fakediscord.Exchange {
	h.t.Helper()
	in.Forged = true
	if in.Name == "" {
		in.Name = "help"
	}
	e, err := h.Interact(limited(h.t), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

func (h hook) callback(e *fakediscord.Exchange, body string) reply {
	h.t.Helper()
	return h.raw("POST", "/interactions/"+e.ID+"/"+e.Token+"/callback", body, "", agent)
}

// original makes a request about the answer.
func (h hook) original(e *fakediscord.Exchange, method, body string) reply {
	h.t.Helper()
	return h.raw(method, "/webhooks/"+h.BotID()+"/"+e.Token+"/messages/@original", body, "", agent)
}

func (h hook) follow(e *fakediscord.Exchange, body string) reply {
	h.t.Helper()
	return h.raw("POST", "/webhooks/"+h.BotID()+"/"+e.Token, body, "", agent)
}

const said = `{"content":"a","allowed_mentions":{"parse":[]}}`

// What Discord allows when.
func TestInteractionTimes(t *testing.T) {
	h := hooked(t, fakediscord.Options{})
	refused := func(what string, r reply, status, code int) {
		t.Helper()
		if r.status != status || r.code(t) != code {
			t.Errorf("%s: %d %s, want %d with code %d", what, r.status, r.body, status, code)
		}
	}
	e := h.interact(fakediscord.Interaction{})
	refused("an edit before the callback", h.original(e, "PATCH", said), 404, 10015)
	refused("a follow-up before the callback", h.follow(e, said), 404, 10015)
	refused("another token", h.raw("POST", "/interactions/"+e.ID+"/x/callback", `{"type":5}`, "", agent), 404, 10062)
	h.now.move(3 * time.Second)
	if r := h.callback(e, `{"type":5}`); r.status != 204 {
		t.Errorf("after 3 s: %d %s", r.status, r.body)
	}
	refused("a second callback", h.callback(e, `{"type":5}`), 400, 40060)
	h.now.move(15*time.Minute - 3*time.Second)
	if r := h.original(e, "PATCH", said); r.status != 200 {
		t.Errorf("after 15 min: %d %s", r.status, r.body)
	}
	h.now.move(time.Millisecond)
	refused("an edit after 15 min", h.original(e, "PATCH", said), 401, 50027)
	refused("a follow-up after 15 min", h.follow(e, said), 401, 50027)
	if v := h.Violations(); len(v) != 0 {
		t.Errorf("violations %q", v)
	}

	late := h.interact(fakediscord.Interaction{Delay: 2 * time.Second})
	h.now.move(1001 * time.Millisecond)
	refused("after 3.001 s", h.callback(late, `{"type":4,"data":`+said+`}`), 404, 10062)
	off := h.interact(fakediscord.Interaction{Name: "brief"})
	h.callback(off, `{"type":5}`)
	if v := h.Violations(); len(v) != 1 || !strings.Contains(v[0], "/help by user7001 was not answered within 3 s; the bot did callback 4 (404)") {
		t.Errorf("violations %q", v)
	}
	h.now.move(16 * time.Minute)
	if v := h.Violations(); len(v) != 2 || !strings.Contains(v[1], "/brief by user7001 was put off and never answered") {
		t.Errorf("violations %q", v)
	}
	gone := h.interact(fakediscord.Interaction{})
	h.callback(gone, `{"type":4,"data":`+said+`}`)
	if r := h.original(gone, "DELETE", ""); r.status != 204 {
		t.Errorf("%d %s", r.status, r.body)
	}
	refused("an answer that is deleted", h.original(gone, "GET", ""), 404, 10008)
	if _, there := gone.Message(); there {
		t.Error("the deleted answer is there")
	}
}

// The rules of this project are noted: mentions are ruled out, and what is for one reader stays so.
func TestInteractionViolations(t *testing.T) {
	for name, c := range map[string]struct{ callback, edit, follow, want string }{
		"all right":            {`{"type":4,"data":` + said + `}`, said, said, ""},
		"callback":             {`{"type":4,"data":{"content":"a"}}`, "", "", "callback: allowed_mentions"},
		"parse":                {`{"type":4,"data":{"content":"a","allowed_mentions":{"parse":["users"]}}}`, "", "", "callback: allowed_mentions"},
		"edit":                 {`{"type":5}`, `{"content":"a"}`, "", "edit message: allowed_mentions"},
		"follow-up":            {`{"type":4,"data":` + said + `}`, "", `{"content":"a"}`, "follow-up: allowed_mentions"},
		"first follow-up":      {`{"type":5}`, "", `{"content":"a","flags":64,"allowed_mentions":{"parse":[]}}`, "everybody sees what was meant for one reader"},
		"an edit for one":      {`{"type":4,"data":` + said + `}`, `{"content":"a","flags":64,"allowed_mentions":{"parse":[]}}`, "", "everybody sees"},
		"it was for one":       {`{"type":5,"data":{"flags":64}}`, "", `{"content":"a","flags":64,"allowed_mentions":{"parse":[]}}`, ""},
		"only the components":  {`{"type":4,"data":` + said + `}`, `{"components":[]}`, "", "edit message: allowed_mentions"},
		"nothing that is said": {`{"type":4,"data":` + said + `}`, `{}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := hooked(t, fakediscord.Options{})
			e := h.interact(fakediscord.Interaction{})
			if r := h.callback(e, c.callback); r.status != 204 {
				t.Fatalf("%s", r.body)
			}
			if c.edit != "" {
				if r := h.original(e, "PATCH", c.edit); r.status != 200 {
					t.Errorf("%s", r.body)
				}
			}
			if c.follow != "" {
				if r := h.follow(e, c.follow); r.status != 200 {
					t.Errorf("%s", r.body)
				}
			}
			if got := strings.Join(h.Violations(), "; "); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("violations %q, want %q", got, c.want)
			}
		})
	}
}

// The first follow-up after a deferral is the answer, and is seen by whom the deferral said; others are their own.
func TestFollowUps(t *testing.T) {
	h := hooked(t, fakediscord.Options{})
	var told []string
	h2 := hooked(t, fakediscord.Options{OnMessage: func(m fakediscord.Message) { told = append(told, m.Content) }})
	e := h.interact(fakediscord.Interaction{})
	h.callback(e, `{"type":5,"data":{"flags":64}}`)
	h.follow(e, said)
	if m, _ := e.Message(); m.Content != "a" || !m.Ephemeral || len(e.FollowUps()) != 0 {
		t.Errorf("%+v, %d follow-ups", m, len(e.FollowUps()))
	}
	h.follow(e, `{"content":"for all","allowed_mentions":{"parse":[]}}`)
	h.follow(e, `{"content":"for one","flags":64,"allowed_mentions":{"parse":[]}}`)
	if f := e.FollowUps(); len(f) != 2 || f[0].Ephemeral || !f[1].Ephemeral {
		t.Errorf("%+v", f)
	}
	r := h.do("GET", "/channels/"+textID+"/messages", "")
	if !strings.Contains(string(r.body), "for all") || strings.Contains(string(r.body), "for one") || strings.Contains(string(r.body), `"content":"a"`) {
		t.Errorf("history %s", r.body)
	}
	if r := h.do("GET", "/channels/"+textID+"/messages/"+e.FollowUps()[1].ID, ""); r.status != 404 {
		t.Errorf("what is for one can be read: %s", r.body)
	}
	x := h2.interact(fakediscord.Interaction{})
	h2.callback(x, `{"type":5}`)
	h2.original(x, "PATCH", said)
	h2.original(x, "PATCH", `{"content":"b","allowed_mentions":{"parse":[]}}`)
	if strings.Join(told, ",") != "a" {
		t.Errorf("told of %q", told)
	}
	if m := h2.Messages(textID); len(m) != 1 || m[0].Content != "b" || len(m[0].Edits) != 2 {
		t.Errorf("%+v", m)
	}
}

// Faults of the network and of Discord: the bot did not hear that it was heard, or was not.
func TestInteractionFaults(t *testing.T) {
	h := hooked(t, fakediscord.Options{Global: fakediscord.Limit{Requests: 1, Per: time.Hour}})
	h.do("GET", "/users/@me", "") // the global limit is used up; interactions do not count towards it
	e := h.interact(fakediscord.Interaction{Twice: true})
	h.Inject(fakediscord.Fault{Path: "/interactions/*/*/callback", After: true, Status: 502, Body: "<html>"})
	if r := h.callback(e, `{"type":5}`); r.status != 502 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.callback(e, `{"type":5}`); r.status != 400 || r.code(t) != 40060 {
		t.Errorf("a callback whose answer was lost: %d %s", r.status, r.body)
	}
	h.Inject(fakediscord.Fault{Method: "PATCH", Path: "/webhooks/*/*/messages/@original", Status: 503})
	if r := h.original(e, "PATCH", said); r.status != 503 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if m, _ := e.Message(); m.Content != "" {
		t.Errorf("the edit that failed had its effect: %+v", m)
	}
	if r := h.original(e, "PATCH", said); r.status != 200 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if c := answer(t, e); c.Did != fakediscord.DidEdit || c.Content != "a" {
		t.Errorf("%+v", c)
	}
	if r := h.do("GET", "/users/@me", ""); r.status != 429 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Files come as a form.
func TestFiles(t *testing.T) {
	h := hooked(t, fakediscord.Options{})
	form := func(method, path, payload string, names ...string) reply {
		t.Helper()
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		if err := w.WriteField("payload_json", payload); err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			p, err := w.CreateFormFile(fmt.Sprintf("files[%d]", i), name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(p, "file %d", i)
		}
		w.Close()
		req, err := http.NewRequestWithContext(t.Context(), method, h.base+path, &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", w.FormDataContentType())
		req.Header.Set("User-Agent", agent)
		req.Header.Set("Authorization", "Bot "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out bytes.Buffer
		if _, err := out.ReadFrom(resp.Body); err != nil {
			t.Fatal(err)
		}
		return reply{resp.StatusCode, resp.Header, out.Bytes()}
	}
	e := h.interact(fakediscord.Interaction{})
	if r := form("POST", "/interactions/"+e.ID+"/"+e.Token+"/callback", `{"type":4,"data":{"flags":64,"allowed_mentions":{"parse":[]}}}`, "a.opml", "b.txt"); r.status != 204 {
		t.Fatalf("%s", r.body)
	}
	m, _ := e.Message()
	if len(m.Files) != 2 || m.Files[0].Name != "a.opml" || string(m.Files[1].Data) != "file 1" {
		t.Errorf("%+v", m.Files)
	}
	var shown struct {
		Attachments []struct{ ID, Filename string }
	}
	h.original(e, "GET", "").get(t, &shown)
	if len(shown.Attachments) != 2 || shown.Attachments[1].Filename != "b.txt" {
		t.Errorf("%+v", shown)
	}
	if r := form("PATCH", "/webhooks/"+h.BotID()+"/"+e.Token+"/messages/@original", `{"attachments":[{"id":"`+shown.Attachments[0].ID+`"},{"id":0,"description":"new"}],"content":"a","allowed_mentions":{"parse":[]}}`, "c.txt"); r.status != 200 || !strings.Contains(string(r.body), `"description":"new"`) {
		t.Errorf("%s", r.body)
	}
	if m, _ = e.Message(); len(m.Files) != 2 || m.Files[0].Name != "a.opml" || m.Files[1].Name != "c.txt" {
		t.Errorf("%+v", m.Files)
	}
	if r := form("POST", "/channels/"+textID+"/messages", `{"nonce":"1","enforce_nonce":true,"allowed_mentions":{"parse":[]}}`, "d.txt"); r.status != 200 || len(h.Messages(textID)[0].Files) != 1 {
		t.Errorf("%s", r.body)
	}
	if r := form("POST", "/channels/"+textID+"/messages", `{`, "d.txt"); r.code(t) != 50109 {
		t.Errorf("%s", r.body)
	}
	if r := form("POST", "/channels/"+textID+"/messages", `{}`, strings.Split(strings.Repeat("x ", 11), " ")[:11]...); r.code(t) != 30015 {
		t.Errorf("%s", r.body)
	}
}
