package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/store"
)

func mustURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// part is a message for the text channel.
func part(nonce string) store.Part {
	return store.Part{Channel: textID, Nonce: nonce, Marker: "MARK" + nonce, Body: json.RawMessage(`{"content":"digest MARK` + nonce + `"}`), FirstTry: time.Now()}
}

// posts counts the requests to create a message.
func posts(s *fakediscord.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Method == http.MethodPost {
			n++
		}
	}
	return n
}

// fresh starts a fake and a bot that share nothing with other cases.
func fresh(t *testing.T) (*fakediscord.Server, *Bot) {
	t.Helper()
	s, base := startFake(t, fakediscord.Options{Route: fakediscord.Limit{Requests: 100000, Per: time.Second}})
	return s, newBot(t, nil, base, quick())
}

// wantLater fails unless err asks for patience of about so long.
func wantLater(t *testing.T, err error, after time.Duration) {
	t.Helper()
	var later *digest.Later
	if !errors.As(err, &later) || later.After > after || later.After < after*9/10 {
		t.Fatalf("error %v, want to wait %s", err, after)
	}
}

// wantUnknown fails unless err says that it is not known what became of the message.
func wantUnknown(t *testing.T, err error) {
	t.Helper()
	var later *digest.Later
	var refused *digest.Refused
	if err == nil || errors.As(err, &later) || errors.As(err, &refused) {
		t.Fatalf("error %v, want one that says nothing of the message's fate", err)
	}
	if strings.Contains(err.Error(), token) {
		t.Errorf("the error holds the token: %v", err)
	}
}

func TestBucketLimit(t *testing.T) {
	s, b := fresh(t)
	s.Inject(fakediscord.Fault{Method: http.MethodPost, RetryAfter: 30 * time.Second})
	_, err := b.Send(t.Context(), part("a"))
	wantLater(t, err, 30*time.Second)
	_, err = b.Send(t.Context(), part("a"))
	wantLater(t, err, 30*time.Second)
	if n := posts(s); n != 1 {
		t.Errorf("%d requests were sent within the limit's time", n)
	}
	// Another channel has a bucket of its own.
	p := part("b")
	p.Channel = noPastID
	if _, err := b.Send(t.Context(), p); err != nil {
		t.Errorf("another channel: %v", err)
	}
	if n := len(s.Messages("")); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestShortLimitIsWaitedFor(t *testing.T) {
	s, b := fresh(t)
	s.Inject(fakediscord.Fault{Method: http.MethodPost, RetryAfter: 5 * time.Millisecond})
	_, err := b.Send(t.Context(), part("a"))
	wantLater(t, err, 5*time.Millisecond)
	if _, err := b.Send(t.Context(), part("a")); err != nil {
		t.Errorf("after the limit: %v", err)
	}
}

// The global limit comes without X-RateLimit-Reset-After, and Cloudflare's without Discord's JSON. Both stop everything.
func TestGlobalLimits(t *testing.T) {
	for name, f := range map[string]fakediscord.Fault{
		"global":     {RetryAfter: 30 * time.Second, Global: true},
		"cloudflare": {Status: http.StatusTooManyRequests, Body: "<html>error 1015: you are being rate limited</html>"},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := fresh(t)
			f.Method = http.MethodPost
			s.Inject(f)
			after := f.RetryAfter
			if after == 0 {
				after = 5 * time.Second
			}
			_, err := b.Send(t.Context(), part("a"))
			wantLater(t, err, after)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			p := part("b")
			p.Channel = noPastID
			_, err = b.Send(ctx, p)
			wantLater(t, err, after)
			_, err = b.Find(ctx, p)
			wantLater(t, err, after)
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// The answer of a request is lost or unreadable: it is not known whether there is a message. The same nonce again finds
// out, and never makes a second one.
func TestLostAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		fault   fakediscord.Fault
		created bool
	}{
		"502":                    {fakediscord.Fault{Status: 502, Body: "<html>bad gateway</html>"}, false},
		"500 in JSON":            {fakediscord.Fault{Status: 500, Body: `{"code":0,"message":"500: Internal Server Error"}`}, false},
		"cut before":             {fakediscord.Fault{Cut: true}, false},
		"cut after":              {fakediscord.Fault{Cut: true, After: true}, true},
		"504 after":              {fakediscord.Fault{Status: 504, After: true}, true},
		"408 after":              {fakediscord.Fault{Status: 408, After: true}, true},
		"half an answer":         {fakediscord.Fault{Status: 200, Body: `{"id":"12`, After: true}, true},
		"a page":                 {fakediscord.Fault{Status: 200, Body: `<html>`, After: true}, true},
		"an answer without id":   {fakediscord.Fault{Status: 200, Body: `{}`, After: true}, true},
		"an answer of null":      {fakediscord.Fault{Status: 200, Body: `null`, After: true}, true},
		"an id that is a number": {fakediscord.Fault{Status: 200, Body: `{"id":12}`, After: true}, true},
		"an endless answer":      {fakediscord.Fault{Status: 200, Body: `{"id":"12","x":"` + strings.Repeat("x", replyMax) + `"}`, After: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := fresh(t)
			c.fault.Method = http.MethodPost
			s.Inject(c.fault)
			_, err := b.Send(t.Context(), part("a"))
			wantUnknown(t, err)
			if got := len(s.Messages(textID)) == 1; got != c.created {
				t.Fatalf("created: %t", got)
			}
			if n := posts(s); n != 1 {
				t.Errorf("%d requests: a retry is the job's to make", n)
			}
			found, err := b.Find(t.Context(), part("a"))
			if err != nil || (found != "") != c.created {
				t.Errorf("Find = %q, %v", found, err)
			}
			id, err := b.Send(t.Context(), part("a"))
			if err != nil || id == "" || c.created && id != found {
				t.Errorf("Send again = %q, %v; want %q", id, err, found)
			}
			if n := len(s.Messages(textID)); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

// A server that says nothing is left at the deadline.
func TestSilentServer(t *testing.T) {
	s, b := fresh(t)
	s.Inject(fakediscord.Fault{Method: http.MethodPost, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := b.Send(ctx, part("a"))
	wantUnknown(t, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v is not the deadline's", err)
	}
}

// A redirect is no success, and the token never goes where it points.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var there int
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { there++ }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/?secret", status)
		}))
		b := newBot(t, nil, here.URL, quick())
		_, err := b.Send(t.Context(), part("a"))
		wantLater(t, err, noFault)
		if _, err := b.Check(t.Context()); err == nil {
			t.Errorf("%d: Check takes a redirect for an answer", status)
		}
		here.Close()
	}
	if there > 0 {
		t.Errorf("%d requests followed", there)
	}
}

// Whatever an answer says, the token is in no error.
func TestErrorsHoldNoToken(t *testing.T) {
	s, b := fresh(t)
	body, err := json.Marshal(map[string]any{"code": 50035, "message": "you sent Bot " + token + "\x1b[31m " + strings.Repeat("long ", 1000), "errors": map[string]any{
		"content": map[string]any{"_errors": []any{map[string]any{"message": "saw " + token}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(fakediscord.Fault{Times: 2, Status: 400, Body: string(body)})
	_, err = b.Send(t.Context(), part("a"))
	var refused *digest.Refused
	if !errors.As(err, &refused) || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "\x1b") || len(err.Error()) > 1000 {
		t.Errorf("error of %d bytes: %.300s", len(err.Error()), err)
	}
	if !strings.Contains(err.Error(), "content: saw") {
		t.Errorf("the field is not named: %v", err)
	}
	if _, err := b.Check(t.Context()); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("Check = %v", err)
	}
	s.Close()
	_, err = b.Send(t.Context(), part("b"))
	wantUnknown(t, err)
	b.rest.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy refused %s", r.Header.Get("Authorization"))
	})
	_, err = b.Send(t.Context(), part("c"))
	wantUnknown(t, err)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNewREST(t *testing.T) {
	for base, want := range map[string]string{
		"": defaultBase, "http://127.0.0.1:9": "http://127.0.0.1:9/api/v10", "http://127.0.0.1:9/": "http://127.0.0.1:9/api/v10",
		"https://proxy.example/discord/": "https://proxy.example/discord",
		"ftp://x":                        "!", "proxy.example": "!", "https://user:secret@proxy.example": "!", "https://proxy.example/?a": "!", "http://": "!",
	} {
		r, err := newREST("t", Options{APIBase: base})
		if want == "!" {
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v", base, err)
			}
			continue
		}
		if err != nil || r.base != want {
			t.Errorf("%q becomes %q, %v", base, r.base, err)
		}
	}
	for _, bad := range []string{"", " ", "Bot ", "two words", "tok\nen", "tökén"} {
		_, err := New(nil, nil, Options{Token: bad})
		if err == nil || strings.TrimSpace(bad) != "" && bad != "Bot " && strings.Contains(err.Error(), bad) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	if b, err := New(nil, nil, Options{Token: " Bot " + token + "\n"}); err != nil || b.rest.token != token {
		t.Errorf("a token as people paste it: %v", err)
	}
}

func TestRequestsSayWhoTheyAre(t *testing.T) {
	var got http.Header
	var proto string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, proto = r.Header.Clone(), r.URL.Path
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	defer server.Close()
	b := newBot(t, nil, server.URL, quick())
	if _, err := b.Send(t.Context(), part("a")); err != nil {
		t.Fatal(err)
	}
	if got.Get("Authorization") != "Bot "+token || !strings.HasPrefix(got.Get("User-Agent"), "DiscordBot (http") || got.Get("Content-Type") != "application/json" || proto != "/api/v10/channels/"+textID+"/messages" {
		t.Errorf("%s %v", proto, got)
	}
	if s, err := b.Check(t.Context()); err == nil {
		t.Errorf("a person's token passes as %q", s)
	}
}
