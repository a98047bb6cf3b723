package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/store"
)

// A wire records requests instead of sending them, and answers each as Discord would.
type wire struct {
	mu   sync.Mutex
	sent []sent
	fail func(path string) error
}

type sent struct {
	method, path string
	body         map[string]any
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var raw []byte
	if r.Body != nil {
		raw, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	s := sent{method: r.Method, path: strings.TrimPrefix(r.URL.Path, "/api/v10")}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s.body); err != nil {
			s.body = nil // a list of commands
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, s)
	if w.fail != nil {
		if err := w.fail(s.path); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte("{}"))), Request: r}, nil
}

// answers are the requests that answered interactions, in order.
func (w *wire) answers() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sent(nil), w.sent...)
}

// newDesk makes a desk over a real store, with two commands of its own: "calm" for everybody, "rule" for managers.
func newDesk(t testing.TB, run func(ctx context.Context, r *request) (reply, error)) (*desk, *wire, *bytes.Buffer) {
	t.Helper()
	db, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "a.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w, log := &wire{}, &bytes.Buffer{}
	b, err := New(slog.New(slog.NewTextHandler(log, nil)), db, Options{Token: "fake.token.marker-7731", APIBase: "http://127.0.0.1:1/api/v10", Client: &http.Client{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	b.Serve(Services{})
	b.desk.ackAfter, b.desk.ackLast = testLimit, testLimit // nothing is put off because the machine is busy
	b.desk.table.commands = append(b.desk.table.commands,
		command{name: "calm", run: run, options: []parameter{{name: "n", kind: optionNumber, min: 1, max: 5}}},
		command{name: "rule", manager: true, run: run})
	b.desk.table.presses["held"] = press{manager: true, run: run}
	return b.desk, w, log
}

// ask is an INTERACTION_CREATE of a command in guild 1, by a member with the given permissions.
func ask(name, permissions, more string) string {
	return fmt.Sprintf(`{"id":"11","application_id":"12","token":"secret-of-this-one","type":2,"guild_id":"1","channel_id":"2","locale":"en-GB","app_permissions":"2048",
		"member":{"user":{"id":"7"},"roles":["55"],"permissions":%q},"data":{"id":"3","name":%q,"type":1%s}}`, permissions, name, more)
}

func handled(t testing.TB, d *desk, raw string) {
	t.Helper()
	in, err := readInteraction([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	d.handle(t.Context(), nil, &in)
}

// content is the text of the only answer there may be.
func content(t *testing.T, w *wire) (kind float64, text string) {
	t.Helper()
	all := w.answers()
	if len(all) != 1 || all[0].path != "/interactions/11/secret-of-this-one/callback" {
		t.Fatalf("answered with %+v", all)
	}
	kind, _ = all[0].body["type"].(float64)
	data, _ := all[0].body["data"].(map[string]any)
	if flags, _ := data["flags"].(float64); kind == giveMessage && flags != ephemeral {
		t.Errorf("everybody sees the answer: %v", data)
	}
	text, _ = data["content"].(string)
	return kind, text
}

// Whatever a handler does, there is one answer, for who asked alone, and it says nothing of the inside.
func TestOneAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(ctx context.Context, r *request) (reply, error)
		raw  string
		want string
	}{
		{"a reply", func(context.Context, *request) (reply, error) { return plain("fine"), nil }, ask("calm", "0", ""), "fine"},
		{"a sentence", func(context.Context, *request) (reply, error) { return reply{}, say("error.option", "option", "*x*") }, ask("calm", "0", ""), `The option \*x\* is not`},
		{"an unknown error", func(context.Context, *request) (reply, error) { return reply{}, errors.New("secret of the inside") }, ask("calm", "0", ""), "tell my operator the reference "},
		{"a panic", func(context.Context, *request) (reply, error) { panic("secret of the inside") }, ask("calm", "0", ""), "tell my operator the reference "},
		{"nothing", func(context.Context, *request) (reply, error) { return reply{}, nil }, ask("calm", "0", ""), "tell my operator the reference "},
		{"too long a page", func(context.Context, *request) (reply, error) { return plain(strings.Repeat("x", 2001)), nil }, ask("calm", "0", ""), "tell my operator the reference "},
		{"not there", func(context.Context, *request) (reply, error) { return reply{}, fmt.Errorf("x: %w", store.ErrNotFound) }, ask("calm", "0", ""), "no such thing"},
		{"unknown command", nil, ask("nothing", "0", ""), "do not know this command"},
		{"unknown button", nil, strings.Replace(strings.Replace(ask("calm", "0", ""), `"type":2`, `"type":3`, 1), `"name":"calm"`, `"custom_id":"away:1"`, 1), "no longer of use"},
		{"direct message", nil, strings.Replace(ask("calm", "0", ""), `"guild_id":"1",`, ``, 1), "in servers only"},
		{"wrong type of an option", nil, ask("calm", "0", `,"options":[{"name":"n","type":4,"value":"five"}]`), "The option n is not"},
		{"outside of its bounds", nil, ask("calm", "0", `,"options":[{"name":"n","type":4,"value":6}]`), "The option n is not"},
		{"an option that is none", nil, ask("calm", "0", `,"options":[{"name":"m","type":4,"value":1}]`), "The option m is not"},
		{"members of other types", nil, strings.Replace(ask("calm", "0", ""), `"locale":"en-GB"`, `"locale":5`, 1), "could not read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := c.run
			if run == nil {
				run = func(context.Context, *request) (reply, error) { t.Error("the handler ran"); return plain("ran"), nil }
			}
			d, w, log := newDesk(t, run)
			handled(t, d, c.raw)
			kind, text := content(t, w)
			if kind != giveMessage || !strings.Contains(text, c.want) || strings.Contains(text, "inside") {
				t.Errorf("kind %v, %q", kind, text)
			}
			if _, ref, ok := strings.Cut(text, "reference "); ok && !strings.Contains(log.String(), "ref="+strings.TrimSuffix(ref, ".")) {
				t.Errorf("the log does not have the reference of %q:\n%s", text, log)
			}
			if s := log.String(); strings.Contains(s, "marker-7731") || strings.Contains(s, "secret-of-this-one") {
				t.Errorf("a secret stands in the log:\n%s", s)
			}
		})
	}
}

// An answer whose fate is unknown is sent once more, and is one answer.
func TestLostAnswer(t *testing.T) {
	d, w, _ := newDesk(t, func(context.Context, *request) (reply, error) { return plain("fine"), nil })
	n := 0
	w.fail = func(string) error {
		if n++; n == 1 {
			return errors.New("connection reset")
		}
		return nil
	}
	handled(t, d, ask("calm", "0", ""))
	all := w.answers()
	if len(all) != 2 || all[0].path != all[1].path || fmt.Sprint(all[0].body) != fmt.Sprint(all[1].body) {
		t.Errorf("%+v", all)
	}
}

func TestPermissionOfManagers(t *testing.T) {
	button := strings.Replace(ask("x", "PERM", ""), `"type":2`, `"type":3`, 1)
	button = strings.Replace(button, `"name":"x"`, `"custom_id":"held:1"`, 1)
	for _, c := range []struct {
		name, permissions, settings string
		allowed                     bool
	}{
		{"everybody", "2048", ``, false},
		{"Manage Server", "32", ``, true},
		{"administrator", "8", ``, true},
		{"a role that was allowed", "2048", `{"managers":["54","55"]}`, true},
		{"another role", "2048", `{"managers":["54"]}`, false},
		{"permissions that are no number", "many", ``, false},
		{"a negative number", "-1", ``, false},
	} {
		for _, raw := range []string{ask("rule", c.permissions, ""), strings.Replace(button, "PERM", c.permissions, 1)} {
			ran := false
			d, w, _ := newDesk(t, func(context.Context, *request) (reply, error) { ran = true; return plain("done"), nil })
			if c.settings != "" {
				err := d.bot.db.InTx(t.Context(), func(q *store.Q, _ store.Jobs) error {
					return q.SaveGuild(t.Context(), store.Guild{ID: "1", Settings: json.RawMessage(c.settings)})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			handled(t, d, raw)
			_, text := content(t, w)
			if ran != c.allowed || ran != (text == "done") {
				t.Errorf("%s: ran %v, said %q", c.name, ran, text)
			}
		}
	}
}

// A handler that takes longer is put off long before Discord's three seconds are over, and its answer takes the place of the wait.
func TestSlowHandlerIsDeferred(t *testing.T) {
	d, w, _ := newDesk(t, func(ctx context.Context, _ *request) (reply, error) {
		time.Sleep(20 * time.Second) // of the bubble's clock
		return plain("late"), ctx.Err()
	})
	d.ackAfter = ackAfter
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		in, err := readInteraction([]byte(ask("calm", "0", "")))
		if err != nil {
			t.Fatal(err)
		}
		go d.handle(context.Background(), nil, &in)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if all := w.answers(); len(all) != 1 || all[0].body["type"] != float64(giveLater) {
			t.Fatalf("%v after %s", all, time.Since(began))
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		all := w.answers()
		if len(all) != 2 || all[1].method != http.MethodPatch || all[1].path != "/webhooks/12/secret-of-this-one/messages/@original" || all[1].body["content"] != "late" {
			t.Fatalf("%+v", all)
		}
	})
}

// One person who asks too often is told when to come back, and does not take others' turn.
func TestCrowd(t *testing.T) {
	now := time.Unix(1000, 0)
	c := newCrowd(func() time.Time { return now })
	for i := range userBurst {
		if w := c.wait("g", "a"); w != 0 {
			t.Fatalf("%d: wait %s", i, w)
		}
	}
	if w := c.wait("g", "a"); w <= 0 || w > userEvery {
		t.Errorf("wait %s", w)
	}
	if w := c.wait("g", "b"); w != 0 {
		t.Errorf("another waits %s", w)
	}
	now = now.Add(userEvery)
	if w := c.wait("g", "a"); w != 0 {
		t.Errorf("later: wait %s", w)
	}
	for i := range 10 * guildBurst { // a whole server at once
		c.wait("h", fmt.Sprint(i))
	}
	if w := c.wait("h", "new"); w <= 0 {
		t.Error("the server may ask without end")
	}
	if w := c.wait("g", "c"); w != 0 {
		t.Errorf("another server waits %s", w)
	}
	for i := range 3 * crowdMax {
		now = now.Add(time.Second)
		c.wait("i", fmt.Sprint(i))
	}
	if n := len(c.buckets); n > crowdMax+2 {
		t.Errorf("%d are remembered", n)
	}
}

// Long answers turn their pages, and are posted, after a restart too; by who asked, in their server, and nobody else.
func TestPagesAndPost(t *testing.T) {
	d, w, _ := newDesk(t, func(context.Context, *request) (reply, error) {
		return reply{pages: []page{{Content: "one"}, {Content: "two"}}, post: true}, nil
	})
	asker := strings.Replace(ask("calm", "2048", ""), `"roles"`, `"x"`, 1)
	handled(t, d, asker)
	data := w.answers()[0].body["data"].(map[string]any)
	ids := []string{}
	for _, c := range data["components"].([]any)[0].(map[string]any)["components"].([]any) {
		ids = append(ids, c.(map[string]any)["custom_id"].(string))
	}
	if len(ids) != 4 {
		t.Fatalf("buttons %v", ids)
	}
	next, postID := ids[2], ids[3]
	again := d.bot.newDesk(d.services) // as after a restart
	pressed := func(id, edit string) sent {
		t.Helper()
		raw := strings.Replace(strings.Replace(asker, `"type":2`, `"type":3`, 1), `"name":"calm"`, `"custom_id":"`+id+`"`, 1)
		if from, to, ok := strings.Cut(edit, "→"); ok {
			raw = strings.Replace(raw, from, to, 1)
		}
		n := len(w.answers())
		handled(t, again, raw)
		all := w.answers()
		if len(all) != n+1 {
			t.Fatalf("%d answers", len(all)-n)
		}
		return all[n]
	}
	text := func(s sent) string { return s.body["data"].(map[string]any)["content"].(string) }
	if s := pressed(next, ""); s.body["type"] != float64(giveUpdate) || text(s) != "two" {
		t.Errorf("next: %+v", s)
	}
	s := pressed(postID, "")
	if _, only := s.body["data"].(map[string]any)["flags"]; s.body["type"] != float64(giveMessage) || only || !strings.HasPrefix(text(s), "one") {
		t.Errorf("post: %+v", s)
	}
	for name, edit := range map[string]string{
		"another user":              `"id":"7"→"id":"8"`,
		"another server":            `"guild_id":"1"→"guild_id":"9"`,
		"who may not write":         `"permissions":"2048"→"permissions":"1024"`,
		"where the bot may not":     `"app_permissions":"2048"→"app_permissions":"0"`,
		"an answer that is not":     postID + "→post:abcdef:0",
		"a page that is not":        postID + "→" + postID[:len(postID)-1] + "7",
		"a number that is none":     postID + "→" + postID[:len(postID)-1] + "-",
		"a button without its rest": postID + "→post",
	} {
		s := pressed(postID, edit)
		if flags := s.body["data"].(map[string]any)["flags"]; flags != float64(ephemeral) || strings.HasPrefix(text(s), "one") {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// Commands are registered once, again when they changed, and in the guild for trying out alone when there is one.
func TestRegisterOnce(t *testing.T) {
	d, w, _ := newDesk(t, nil)
	b := d.bot
	b.application = "12"
	register := func() {
		t.Helper()
		if err := b.registerNow(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	register()
	register()
	if all := w.answers(); len(all) != 1 || all[0].method != http.MethodPut || all[0].path != "/applications/12/commands" {
		t.Fatalf("%+v", all)
	}
	d.table.commands = append(d.table.commands, command{name: "more"})
	w.fail = func(string) error { return errors.New("lost") }
	if err := b.registerNow(t.Context()); err == nil {
		t.Error("a registration that failed passes for one")
	}
	w.fail = nil
	register()
	b.devGuild = "77"
	register()
	all := w.answers()
	if len(all) != 4 || all[3].path != "/applications/12/guilds/77/commands" {
		t.Errorf("%+v", all)
	}
}

// FuzzInteraction: no panic, at most one answer, and never a manager's handler for somebody who is none.
func FuzzInteraction(f *testing.F) {
	f.Add(ask("rule", "2048", ""))
	f.Add(ask("calm", "32", `,"options":[{"name":"n","type":4,"value":3}]`))
	f.Add(strings.Replace(ask("calm", "0", ""), `"type":2`, `"type":4`, 1))
	f.Add(strings.Replace(strings.Replace(ask("x", "0", ""), `"type":2`, `"type":3`, 1), `"name":"x"`, `"custom_id":"held:1"`, 1))
	f.Add(strings.Replace(ask("x", "0", ""), `"type":2`, `"type":5`, 1))
	f.Add(`{"id":"1","application_id":"1","token":"t","type":2,"data":null}`)
	f.Add(`null`)
	var privileged bool
	d, w, _ := newDesk(f, func(_ context.Context, r *request) (reply, error) {
		privileged = r.name == "rule" || r.name == "held"
		return plain("x"), nil
	})
	d.crowd = nil
	f.Fuzz(func(t *testing.T, raw string) {
		d.crowd = newCrowd(time.Now)
		in, err := readInteraction([]byte(raw))
		if err != nil {
			return
		}
		w.mu.Lock()
		w.sent = nil
		w.mu.Unlock()
		privileged = false
		d.handle(t.Context(), nil, &in)
		if all := w.answers(); len(all) != 1 {
			t.Fatalf("%d answers to %s: %+v", len(all), raw, all)
		}
		if privileged && bits(in.Member.Permissions)&(mayManage|mayAdminister) == 0 {
			t.Fatalf("%s did what managers may", raw)
		}
	})
}
