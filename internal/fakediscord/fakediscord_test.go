package fakediscord_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
)

const (
	guildID   = "1101"
	textID    = "2201"
	hiddenID  = "2202"
	noPostID  = "2203"
	noPastID  = "2204"
	forumID   = "2205"
	taggedID  = "2206"
	token     = "sample.token.for-tests"
	agent     = "DiscordBot (https://attache.invalid, test)"
	testLimit = 30 * time.Second
)

// start starts a fake with one guild. Its violations are the test's to look at.
func start(t *testing.T, o fakediscord.Options) (*fakediscord.Server, string) {
	t.Helper()
	o.Token = token
	if o.Guilds == nil {
		o.Guilds = []fakediscord.Guild{{ID: guildID, Name: "Press room", Channels: []fakediscord.Channel{
			{ID: textID, Name: "digest"}, {ID: hiddenID, Name: "cabinet", Hidden: true}, {ID: noPostID, Name: "rules", NoPost: true},
			{ID: noPastID, Name: "brief", NoHistory: true}, {ID: forumID, Name: "stories", Type: fakediscord.Forum},
			{ID: taggedID, Name: "tagged", Type: fakediscord.Forum, RequiresTag: true},
		}}}
	}
	s := fakediscord.New(o)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, base
}

// A client makes plain requests; each answer is checked against Discord's description of its API.
type client struct {
	t    *testing.T
	base string
	spec *spectest.Spec
}

// A reply of the API.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) get(t *testing.T, out any) {
	t.Helper()
	if err := json.Unmarshal(r.body, out); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
}

// code is Discord's code of an error.
func (r reply) code(t *testing.T) int {
	t.Helper()
	var e struct {
		Code int `json:"code"`
	}
	r.get(t, &e)
	return e.Code
}

func (c client) do(method, path, body string) reply {
	c.t.Helper()
	r := c.raw(method, path, body, "Bot "+token, agent)
	plain, _, _ := strings.Cut(path, "?")
	if c.spec != nil {
		if err := c.spec.Response(method, plain, r.status, r.body); err != nil {
			c.t.Errorf("%s %s: the answer %d is not Discord's: %v\n%s", method, path, r.status, err, r.body)
		}
	}
	return r
}

func (c client) raw(method, path, body, auth, agent string) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", auth)
	req.Header.Set("User-Agent", agent)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, bytes.TrimSpace(b)}
}

const good = `{"content":"a","nonce":"%s","enforce_nonce":true,"allowed_mentions":{"parse":[]}}`

func (c client) post(nonce string) string {
	c.t.Helper()
	var m struct {
		ID string `json:"id"`
	}
	c.do("POST", "/channels/"+textID+"/messages", fmt.Sprintf(good, nonce)).get(c.t, &m)
	return m.ID
}

// Every answer that the fake gives is one that Discord's description of its API knows.
func TestAnswersAgainstSpec(t *testing.T) {
	s, base := start(t, fakediscord.Options{Check: spectest.Checker(t)})
	c := client{t, base, spectest.Load(t)}
	id := c.post("1")
	s.Say(textID, "77", "somebody else")
	for _, r := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/gateway", "", 200}, {"GET", "/gateway/bot", "", 200}, {"GET", "/users/@me", "", 200}, {"GET", "/users/@me/guilds", "", 200},
		{"GET", "/channels/" + textID, "", 200}, {"GET", "/channels/" + textID + "/messages?limit=2", "", 200},
		{"GET", "/channels/" + textID + "/messages/" + id, "", 200}, {"PATCH", "/channels/" + textID + "/messages/" + id, `{"content":"b"}`, 200},
		{"POST", "/channels/" + textID + "/messages", `{"embeds":[{"title":"t","url":"https://a.example","color":5,"footer":{"text":"f"}}],"nonce":"2","enforce_nonce":true,"allowed_mentions":{"parse":[]}}`, 200},
		{"POST", "/channels/" + forumID + "/threads", `{"name":"p","message":{"content":"a","allowed_mentions":{"parse":[]}}}`, 201},
		{"GET", "/guilds/" + guildID + "/threads/active", "", 200}, {"GET", "/channels/" + forumID + "/threads/archived/public", "", 200},
		{"DELETE", "/channels/" + textID + "/messages/" + id, "", 204}, {"DELETE", "/channels/" + textID + "/messages/" + id, "", 404},
		{"GET", "/channels/404", "", 404}, {"GET", "/channels/" + hiddenID, "", 403}, {"POST", "/channels/" + noPostID + "/messages", `{"content":"a"}`, 403},
		{"POST", "/channels/" + textID + "/messages", `{"content":""}`, 400},
	} {
		if got := c.do(r.method, r.path, r.body); got.status != r.status {
			t.Errorf("%s %s: %d, want %d: %s", r.method, r.path, got.status, r.status, got.body)
		}
	}
}

// A nonce that is enforced makes one message within its window, of its channel.
func TestNonce(t *testing.T) {
	now := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	s, base := start(t, fakediscord.Options{Now: func() time.Time { return now }, NonceWindow: 2 * time.Minute})
	c := client{t: t, base: base}
	first := c.post("n")
	now = now.Add(119 * time.Second)
	if again := c.post("n"); again != first {
		t.Errorf("within the window: %s, then %s", first, again)
	}
	if other := c.post("m"); other == first {
		t.Error("another nonce gives the same message")
	}
	c.do("POST", "/channels/"+textID+"/messages", `{"content":"a","nonce":"n","allowed_mentions":{"parse":[]}}`)
	if n := len(s.Messages(textID)); n != 3 {
		t.Errorf("%d messages: a nonce that is not enforced holds nothing back", n)
	}
	now = now.Add(5 * time.Minute)
	late := c.post("n")
	if late == first {
		t.Error("after the window the nonce still holds")
	}
	s.Delete(textID, late)
	if r := c.do("POST", "/channels/"+textID+"/messages", fmt.Sprintf(good, "n")); r.status != 404 || r.code(t) != 10008 {
		t.Errorf("the nonce of a deleted message: %d %s", r.status, r.body)
	}
}

func TestHistory(t *testing.T) {
	s, base := start(t, fakediscord.Options{Route: fakediscord.Limit{Requests: 10000, Per: time.Second}})
	c := client{t: t, base: base}
	var ids []string // oldest first
	for i := range 12 {
		ids = append(ids, s.Say(textID, "77", fmt.Sprint(i)))
	}
	s.Delete(textID, ids[11])
	page := func(query string) string {
		var list []struct {
			Content string `json:"content"`
		}
		c.do("GET", "/channels/"+textID+"/messages?"+query, "").get(t, &list)
		var out []string
		for _, m := range list {
			out = append(out, m.Content)
		}
		return strings.Join(out, " ")
	}
	for query, want := range map[string]string{
		"": "10 9 8 7 6 5 4 3 2 1 0", "limit=3": "10 9 8", "limit=3&after=" + ids[2]: "5 4 3", "limit=3&before=" + ids[5]: "4 3 2",
		"limit=2&after=0": "1 0", "after=" + ids[10]: "", "before=" + ids[0]: "", "limit=3&around=" + ids[5]: "6 5 4",
	} {
		if got := page(query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "after=x", "before=-1", "after=1&before=9"} {
		if r := c.do("GET", "/channels/"+textID+"/messages?"+query, ""); r.status != 400 || r.code(t) != 50035 {
			t.Errorf("%q: %d %s", query, r.status, r.body)
		}
	}
	s.Say(noPastID, "77", "unseen")
	if r := c.do("GET", "/channels/"+noPastID+"/messages", ""); r.status != 200 || string(r.body) != "[]" {
		t.Errorf("without Read Message History: %d %s", r.status, r.body)
	}
}

func TestChannels(t *testing.T) {
	_, base := start(t, fakediscord.Options{})
	c := client{t: t, base: base}
	for name, r := range map[string]struct {
		method, path, body string
		status, code       int
	}{
		"hidden":          {"POST", "/channels/" + hiddenID + "/messages", `{"content":"a"}`, 403, 50001},
		"not to write to": {"POST", "/channels/" + noPostID + "/messages", `{"content":"a"}`, 403, 50013},
		"none":            {"POST", "/channels/9/messages", `{"content":"a"}`, 404, 10003},
		"text in a forum": {"POST", "/channels/" + forumID + "/messages", `{"content":"a"}`, 400, 50008},
		"post in a text":  {"POST", "/channels/" + textID + "/threads", `{"name":"a","message":{"content":"a"}}`, 400, 50024},
		"post, no tag":    {"POST", "/channels/" + taggedID + "/threads", `{"name":"a","message":{"content":"a"}}`, 400, 40067},
		"nameless post":   {"POST", "/channels/" + forumID + "/threads", `{"name":"","message":{"content":"a"}}`, 400, 50035},
		"post of nothing": {"POST", "/channels/" + forumID + "/threads", `{"name":"a","message":{}}`, 400, 50006},
		"no route":        {"GET", "/no/such/thing", "", 404, 0},
		"guild":           {"GET", "/guilds/9", "", 404, 10004},
	} {
		if got := c.do(r.method, r.path, r.body); got.status != r.status || got.code(t) != r.code {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestWhoAsks(t *testing.T) {
	s, base := start(t, fakediscord.Options{})
	c := client{t: t, base: base}
	if r := c.raw("GET", "/users/@me", "", "Bot wrong", agent); r.status != 401 {
		t.Errorf("a wrong token: %d", r.status)
	}
	if r := c.raw("GET", "/gateway", "", "", agent); r.status != 200 {
		t.Errorf("GET /gateway needs no token: %d", r.status)
	}
	if len(s.Violations()) > 0 {
		t.Errorf("violations: %q", s.Violations())
	}
	if r := c.raw("GET", "/users/@me", "", "Bot "+token, "curl/8"); r.status != 403 || r.code(t) != 40333 {
		t.Errorf("a User-Agent that Cloudflare blocks: %d", r.status)
	}
	if len(s.Violations()) != 1 {
		t.Errorf("violations: %q", s.Violations())
	}
	if r := c.raw("POST", "/channels/"+textID+"/messages", `{"content":"`+strings.Repeat("x", 11<<20)+`"}`, "Bot "+token, agent); r.status != 413 || r.code(t) != 40005 {
		t.Errorf("a body of 11 MB: %d", r.status)
	}
}

func TestLimits(t *testing.T) {
	now := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	s, base := start(t, fakediscord.Options{
		Now: func() time.Time { return now }, Route: fakediscord.Limit{Requests: 2, Per: 5 * time.Second}, Global: fakediscord.Limit{Requests: 5, Per: time.Second},
	})
	c := client{t: t, base: base}
	path := "/channels/" + textID + "/messages"
	r := c.do("POST", path, fmt.Sprintf(good, "1"))
	if r.header.Get("X-RateLimit-Limit") != "2" || r.header.Get("X-RateLimit-Remaining") != "1" || r.header.Get("X-RateLimit-Reset-After") != "5.000" || r.header.Get("X-RateLimit-Bucket") == "" {
		t.Errorf("headers %v", r.header)
	}
	now = now.Add(500 * time.Millisecond)
	c.do("POST", path, fmt.Sprintf(good, "2"))
	r = c.do("POST", path, fmt.Sprintf(good, "3"))
	var e struct {
		After  float64 `json:"retry_after"`
		Global bool    `json:"global"`
	}
	r.get(t, &e)
	if r.status != 429 || e.Global || e.After != 4.5 || r.header.Get("Retry-After") != "5" || r.header.Get("X-RateLimit-Scope") != "user" || r.header.Get("X-RateLimit-Reset-After") != "4.500" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
	if r := c.do("POST", "/channels/"+noPastID+"/messages", fmt.Sprintf(good, "4")); r.status != 200 {
		t.Errorf("another channel shares the bucket: %d", r.status)
	}
	if r := c.do("GET", path, ""); r.status != 200 {
		t.Errorf("another method shares the bucket: %d", r.status)
	}
	r = c.do("GET", "/users/@me", "")
	r.get(t, &e)
	if r.status != 429 || !e.Global || r.header.Get("X-RateLimit-Global") != "true" || r.header.Get("X-RateLimit-Reset-After") != "" {
		t.Errorf("the global limit: %d %s %v", r.status, r.body, r.header)
	}
	now = now.Add(5 * time.Second)
	if r := c.do("POST", path, fmt.Sprintf(good, "5")); r.status != 200 {
		t.Errorf("in the next window: %d", r.status)
	}
	if n := len(s.Messages("")); n != 4 {
		t.Errorf("%d messages", n)
	}
}

// Faults come in their order, as often as they were asked for, to the requests they fit.
func TestFaults(t *testing.T) {
	s, base := start(t, fakediscord.Options{})
	c := client{t: t, base: base}
	s.Inject(fakediscord.Fault{Method: "GET", Path: "/users/*", Skip: 1, Times: 2, Status: 503, Body: "<html>"})
	var got []int
	for range 4 {
		got = append(got, c.do("GET", "/users/@me", "").status)
	}
	if fmt.Sprint(got) != "[200 503 503 200]" {
		t.Errorf("statuses %v", got)
	}
	s.Inject(fakediscord.Fault{Method: "POST", Status: 502, After: true})
	if r := c.do("POST", "/channels/"+textID+"/messages", fmt.Sprintf(good, "1")); r.status != 502 {
		t.Errorf("%d", r.status)
	}
	s.Inject(fakediscord.Fault{Method: "POST", Status: 502})
	c.do("POST", "/channels/"+textID+"/messages", fmt.Sprintf(good, "2"))
	if ms := s.Messages(textID); len(ms) != 1 || ms[0].Nonce != "1" {
		t.Errorf("%d messages: the first fault comes after the effect, the second instead of it", len(ms))
	}
	s.Inject(fakediscord.Fault{Cut: true, Times: -1})
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), "GET", base+"/gateway", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			t.Errorf("an answer of a connection that was cut: %d", resp.StatusCode)
		}
	}
	rs := s.Requests()
	if last := rs[len(rs)-1]; last.Status != 0 || last.Path != "/gateway" {
		t.Errorf("the last request is %+v", last)
	}
}

func TestEdits(t *testing.T) {
	s, base := start(t, fakediscord.Options{})
	c := client{t: t, base: base}
	id := c.post("1")
	at := "/channels/" + textID + "/messages/" + id
	if r := c.do("PATCH", at, `{"content":"`+strings.Repeat("x", 2001)+`"}`); r.status != 400 {
		t.Errorf("%d", r.status)
	}
	if r := c.do("PATCH", at, `{"embeds":[{"title":"t"}]}`); r.status != 200 {
		t.Errorf("%d", r.status)
	}
	m := s.Messages(textID)[0]
	if m.Content != "a" || len(m.Embeds) != 1 || m.Embeds[0].Title != "t" || len(m.Edits) != 1 {
		t.Errorf("%+v", m)
	}
	if r := c.do("DELETE", at, ""); r.status != 204 {
		t.Errorf("%d", r.status)
	}
	if r := c.do("PATCH", at, `{"content":"b"}`); r.status != 404 || r.code(t) != 10008 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if m := s.Messages(textID)[0]; !m.Deleted {
		t.Error("not deleted")
	}
}
