package model

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
)

// shows reports whether s holds the test's key in some form.
func shows(s string) bool { return strings.Contains(s, "9Q7") || strings.Contains(s, "marker") }

func TestSecret(t *testing.T) {
	s := Secret(testKey)
	type holder struct {
		Key Secret
		P   *Secret
		M   map[string]Secret
	}
	for _, v := range []any{s, &s, holder{s, &s, map[string]Secret{"a": s}}, []Secret{s}, Endpoint{Key: s}, &Endpoint{Key: s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			if got := fmt.Sprintf(verb, v); shows(got) || strings.Contains(got, hex.EncodeToString([]byte("9Q7"))) {
				t.Errorf("%s of %T: %s", verb, v, got)
			}
		}
		if got, err := json.Marshal(v); err != nil || shows(string(got)) || !strings.Contains(string(got), hidden) {
			t.Errorf("JSON of %T: %s, %v", v, got, err)
		}
		var b bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
			slog.New(h).Info("x", "v", v, slog.Group("g", "w", v))
		}
		if shows(b.String()) {
			t.Errorf("log of %T: %s", v, b.String())
		}
	}
	if s.Reveal() != testKey {
		t.Error("Reveal does not give the key")
	}
}

// Trap: %+v of go-openai's client and %#v of its configuration print the key. Ours prints its name, and its inside
// has no key that could be printed.
func TestTrapPrintedClient(t *testing.T) {
	c := New(quiet(), endpoint(), &book{}, Options{Transport: way(func(r *http.Request) (*http.Response, error) {
		return response(r, 200, good("{}", 100, 1)), nil
	})})
	if _, err := c.Ask(t.Context(), question()); err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Client *Client
		client *Client
		e      Endpoint
		r      redactor
	}
	h := holder{c, c, c.Endpoint(), c.redact}
	inside := reflect.ValueOf(c).Elem() // fmt prints what it holds, and knows no method of it
	if got := fmt.Sprintf("%+v", inside); !strings.Contains(got, "model.invalid") {
		t.Fatalf("that is not the inside: %s", got)
	}
	for _, v := range []any{c, h, &h, []*Client{c}, c.Endpoint(), inside, c.http} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if got := fmt.Sprintf(verb, v); shows(got) {
				t.Errorf("%s of %T: %s", verb, v, got)
			}
		}
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		if shows(b.String()) {
			t.Errorf("log of %T: %s", v, b.String())
		}
	}
	if c.Endpoint().Key != "" {
		t.Error("Endpoint gives the key away")
	}
}

func TestRedact(t *testing.T) {
	r := newRedactor(testKey)
	std, raw := base64.StdEncoding, base64.RawURLEncoding
	for name, s := range map[string]string{
		"plain":          "key " + testKey + " refused",
		"bearer":         "Authorization: Bearer " + testKey,
		"query":          "https://x.invalid/?key=" + url.QueryEscape(testKey),
		"path":           "https://x.invalid/" + url.PathEscape(testKey) + "/x",
		"base64":         std.EncodeToString([]byte(testKey)),
		"base64 of user": std.EncodeToString([]byte("user:" + testKey)),
		"base64 of more": std.EncodeToString([]byte("api:" + testKey + ":more")),
		"base64 URL":     raw.EncodeToString([]byte("Bearer " + testKey)),
		"hex":            hex.EncodeToString([]byte(testKey)),
		"twice":          testKey + testKey,
	} {
		got := r.text(s)
		if shows(got) || !strings.Contains(got, hidden) {
			t.Errorf("%s: %q", name, got)
		}
		// No run of base64 decodes to a part of the key.
		for _, word := range strings.FieldsFunc(got, func(c rune) bool { return c == '*' || c == ' ' || c == '=' }) {
			for cut := range min(4, len(word)) {
				d, _ := base64.RawStdEncoding.DecodeString(word[cut : cut+(len(word)-cut)/4*4])
				if strings.Contains(string(d), "9Q7") || strings.Contains(string(d), "marker") {
					t.Errorf("%s: %q decodes to the key", name, got)
				}
			}
		}
	}
	for _, key := range []string{"", "x", "abc"} {
		if got := newRedactor(key).text("x abc x"); got != "x abc x" {
			t.Errorf("key %q: %q", key, got)
		}
	}
	if got := newRedactor("ollama").text("ollama: no model"); got != "***: no model" {
		t.Error(got)
	}
}

// Errors of the network do not show where the request went, nor with what.
func TestErrorsOfTheNetwork(t *testing.T) {
	for name, err := range map[string]error{
		"key in its text":    errors.New("proxy said: Bearer " + testKey),
		"key in a header":    &url.Error{Op: "Post", URL: "http://model.invalid/" + testKey, Err: fmt.Errorf("invalid header %q", testKey)},
		"key in the address": &url.Error{Op: "Post", URL: "http://model.invalid/?k=" + testKey, Err: io.ErrUnexpectedEOF},
	} {
		synctest.Test(t, func(t *testing.T) {
			var logged bytes.Buffer
			c := New(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})), endpoint(), &book{},
				Options{Transport: way(func(*http.Request) (*http.Response, error) { return nil, err })})
			for range trips + 1 {
				_, got := c.Ask(t.Context(), question())
				if got == nil {
					t.Fatal("no error")
				}
				for u := got; u != nil; u = errors.Unwrap(u) {
					for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
						if s := fmt.Sprintf(verb, u); shows(s) || strings.Contains(s, "model.invalid/") {
							t.Errorf("%s: %s", name, s)
						}
					}
				}
			}
			if s := logged.String(); shows(s) || !strings.Contains(s, "asked again") || !strings.Contains(s, "left alone") {
				t.Errorf("%s: the log says %q", name, s)
			}
		})
	}
}
