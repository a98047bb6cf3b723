package model

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"attache/internal/fakellm/spectest"
)

// sent returns the request that an endpoint makes of a question, and its body.
func sent(t *testing.T, edit func(*Endpoint), q Question) (*http.Request, map[string]any, []byte) {
	t.Helper()
	var req *http.Request
	var body []byte
	e := endpoint()
	edit(&e)
	c := New(quiet(), e, &book{}, Options{Transport: way(func(r *http.Request) (*http.Response, error) {
		req = r
		body, _ = io.ReadAll(r.Body)
		if int64(len(body)) != r.ContentLength {
			t.Errorf("Content-Length is %d, the body has %d bytes", r.ContentLength, len(body))
		}
		return response(r, 200, good("{}", 100, 1)), nil
	})})
	if _, err := c.Ask(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	return req, members, body
}

// Trap: go-openai refuses max_tokens and a temperature by the model's name, and leaves out a temperature of 0. What is
// configured is sent, whatever the name.
func TestTrapCapAndTemperatureByName(t *testing.T) {
	zero, half := float32(0), float32(0.5)
	for _, name := range []string{"gpt-5-nano", "gpt-5.6-luna", "gpt-6-sol", "gpt-6-luna", "o1-mini", "o3-mini", "o4-mini", "openai/gpt-5", "llama3.2"} {
		for _, field := range []string{MaxTokens, MaxCompletionTokens} {
			for _, temp := range []*float32{nil, &zero, &half} {
				_, m, body := sent(t, func(e *Endpoint) { e.Model, e.CapField, e.Temperature = name, field, temp }, question())
				what := fmt.Sprintf("%s, %s", name, field)
				if m["model"] != name || m[field] != 300.0 {
					t.Errorf("%s: %s", what, body)
				}
				other := map[string]string{MaxTokens: MaxCompletionTokens, MaxCompletionTokens: MaxTokens}[field]
				if _, ok := m[other]; ok {
					t.Errorf("%s: %s is sent too", what, other)
				}
				got, ok := m["temperature"]
				if ok != (temp != nil) || ok && got != float64(*temp) {
					t.Errorf("%s: temperature %v, %v", what, got, ok)
				}
			}
		}
	}
}

func TestStructured(t *testing.T) {
	for mode, want := range map[Structured]string{
		Strict:     `{"type":"json_schema","json_schema":{"name":"brief","strict":true,"schema":` + string(testSchema.JSON) + `}}`,
		JSONObject: `{"type":"json_object"}`,
		Prompt:     `null`,
	} {
		_, m, _ := sent(t, func(e *Endpoint) { e.Structured = mode }, question())
		var w any
		if err := json.Unmarshal([]byte(want), &w); err != nil {
			t.Fatal(err)
		}
		if got, want := fmt.Sprint(m["response_format"]), fmt.Sprint(w); got != want {
			t.Errorf("%s: %s, want %s", mode, got, want)
		}
	}
}

// Trap: its type for schemas does not know minItems and pattern. Ours is sent with every keyword.
func TestTrapSchemaKeywords(t *testing.T) {
	q := question()
	q.Schema.JSON = json.RawMessage(`{"type":"array","minItems":1,"items":{"type":"string","pattern":"^[^<]+$"},"$comment":"kept"}`)
	_, _, body := sent(t, func(*Endpoint) {}, q)
	for _, keyword := range []string{`"minItems":1`, `"pattern":"^[^\u003c]+$"`, `"$comment":"kept"`} {
		if !strings.Contains(string(body), keyword) {
			t.Errorf("%s is not in %s", keyword, body)
		}
	}
}

// Trap: a member that is left out, such as the content of an empty message, is not noticed before the endpoint refuses
// it; and nothing is streamed.
func TestTrapMembers(t *testing.T) {
	q := question()
	q.System = ""
	_, m, body := sent(t, func(*Endpoint) {}, q)
	if n := len(m["messages"].([]any)); n != 1 || strings.Contains(string(body), "system") {
		t.Errorf("an empty system text makes a message: %s", body)
	}
	for _, name := range []string{"stream", "stream_options", "tools", "tool_choice", "functions", "user", "metadata", "n", "provider"} {
		if _, ok := m[name]; ok {
			t.Errorf("%s is sent: %s", name, body)
		}
	}
}

// Trap: DefaultAnthropicConfig sends no key and adds ?api-version=.
func TestTrapAnthropic(t *testing.T) {
	req, _, _ := sent(t, func(e *Endpoint) { e.BaseURL, e.Structured = "https://api.anthropic.com/v1", Prompt }, question())
	if got := req.URL.String(); got != "https://api.anthropic.com/v1/chat/completions" {
		t.Errorf("asked %s", got)
	}
	if got := req.Header.Get("Authorization"); got != "Bearer "+testKey {
		t.Errorf("Authorization: %q", got)
	}
}

func TestNoKeyNoHeader(t *testing.T) {
	req, _, _ := sent(t, func(e *Endpoint) { e.Key, e.BaseURL = "", "http://127.0.0.1:11434/v1/" }, question())
	if v, ok := req.Header["Authorization"]; ok {
		t.Errorf("Authorization: %q", v)
	}
	if got := req.URL.String(); got != "http://127.0.0.1:11434/v1/chat/completions" {
		t.Errorf("asked %s", got)
	}
}

// OpenRouter spreads a request over providers of which some ignore the schema.
func TestOpenRouter(t *testing.T) {
	for _, tc := range []struct {
		base string
		mode Structured
		want bool
	}{
		{"https://openrouter.ai/api/v1", Strict, true},
		{"https://eu.OpenRouter.ai/api/v1", Strict, true},
		{"https://openrouter.ai/api/v1", JSONObject, false},
		{"https://notopenrouter.ai/api/v1", Strict, false},
		{"https://openrouter.ai.example/api/v1", Strict, false},
	} {
		_, m, body := sent(t, func(e *Endpoint) { e.BaseURL, e.Structured = tc.base, tc.mode }, question())
		if got := fmt.Sprint(m["provider"]) == "map[require_parameters:true]"; got != tc.want {
			t.Errorf("%s, %s: %s", tc.base, tc.mode, body)
		}
	}
}

// Every request is one that OpenAI's description of its API allows.
func TestRequestsAreValid(t *testing.T) {
	zero, high := float32(0), float32(1.2)
	for _, mode := range []Structured{Strict, JSONObject, Prompt} {
		for _, field := range []string{MaxTokens, MaxCompletionTokens} {
			for _, temp := range []*float32{nil, &zero, &high} {
				for _, system := range []string{"", "Answer in JSON. <&>\u2028"} {
					q := question()
					q.System, q.User = system, "Fünf Delegationen, 五个代表团, \"quoted\"\n\x00\xff"
					_, _, body := sent(t, func(e *Endpoint) { e.Structured, e.CapField, e.Temperature = mode, field, temp }, q)
					spectest.Request(t, body)
				}
			}
		}
	}
}

func TestMaxOutput(t *testing.T) {
	for _, tc := range []struct{ asked, want int }{{0, 300}, {50, 50}, {900, 300}, {-1, 300}} {
		q := question()
		q.MaxOutput = tc.asked
		if _, m, _ := sent(t, func(*Endpoint) {}, q); m[MaxTokens] != float64(tc.want) {
			t.Errorf("asked for %d: sent %v", tc.asked, m[MaxTokens])
		}
	}
}
