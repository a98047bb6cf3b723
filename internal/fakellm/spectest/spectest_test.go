package spectest

import (
	"net/http"
	"strings"
	"testing"
)

const messages = `"messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}]`

func TestRequest(t *testing.T) {
	s := Load(t)
	for _, c := range []struct {
		name, body string
		wrong      string // "" is valid; else a word of the error
	}{
		{"least", `{"model":"m",` + messages + `}`, ""},
		{"whole", `{"model":"gpt-4o-mini",` + messages + `,"temperature":0,"max_completion_tokens":300,"response_format":{"type":"json_schema","json_schema":{"name":"brief","strict":true,"schema":{"type":"object","anything":1}}}}`, ""},
		{"old cap", `{"model":"m",` + messages + `,"max_tokens":300,"response_format":{"type":"json_object"}}`, ""},
		{"parts", `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}`, ""},
		{"no JSON", `{"model":`, "not JSON"},
		{"trailing", `{"model":"m",` + messages + `}{}`, "not JSON"},
		{"no model", `{` + messages + `}`, "model"},
		{"no messages", `{"model":"m","messages":[]}`, "messages"},
		{"no content", `{"model":"m","messages":[{"role":"user"}]}`, "content"},
		{"empty content", `{"model":"m","messages":[{"role":"user","content":" "}]}`, "empty content"},
		{"bad role", `{"model":"m","messages":[{"role":"robot","content":"a"}]}`, "role"},
		{"misspelt member", `{"model":"m",` + messages + `,"max_token":3}`, "max_token"},
		{"misspelt member of a message", `{"model":"m","messages":[{"role":"user","content":"a","nmae":"x"}]}`, "nmae"},
		{"misspelt member of a format", `{"model":"m",` + messages + `,"response_format":{"type":"json_schema","json_schema":{"name":"a","scheme":{}}}}`, "scheme"},
		{"too hot", `{"model":"m",` + messages + `,"temperature":3}`, "temperature"},
		{"cap of text", `{"model":"m",` + messages + `,"max_tokens":"300"}`, "max_tokens"},
		{"effort", `{"model":"m",` + messages + `,"reasoning_effort":"huge"}`, "reasoning_effort"},
		{"unknown format", `{"model":"m",` + messages + `,"response_format":{"type":"yaml"}}`, "response_format"},
		{"schema without a name", `{"model":"m",` + messages + `,"response_format":{"type":"json_schema","json_schema":{"schema":{}}}}`, "name"},
		{"letters of a name", `{"model":"m",` + messages + `,"response_format":{"type":"json_schema","json_schema":{"name":"a brief","schema":{}}}}`, "name"},
		{"long name", `{"model":"m",` + messages + `,"response_format":{"type":"json_schema","json_schema":{"name":"` + strings.Repeat("a", 65) + `"}}}`, "name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, s.Request([]byte(c.body)), c.wrong)
		})
	}
}

func TestResponse(t *testing.T) {
	s := Load(t)
	const choice = `{"index":0,"message":{"role":"assistant","content":"a","refusal":null},"logprobs":null,"finish_reason":"stop"}`
	whole := func(choices, usage string) string {
		return `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[` + choices + `],"usage":` + usage + `}`
	}
	const usage = `{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}`
	for _, c := range []struct {
		name   string
		status int
		body   string
		wrong  string
	}{
		{"whole", 200, whole(choice, usage), ""},
		{"no refusal", 200, whole(strings.Replace(choice, `,"refusal":null`, "", 1), usage), "refusal"},
		{"no logprobs", 200, whole(strings.Replace(choice, `"logprobs":null,`, "", 1), usage), "logprobs"},
		{"odd finish", 200, whole(strings.Replace(choice, "stop", "eos", 1), usage), "finish_reason"},
		{"user's", 200, whole(strings.Replace(choice, "assistant", "user", 1), usage), "role"},
		{"no total", 200, whole(choice, `{"prompt_tokens":1,"completion_tokens":2}`), "total_tokens"},
		{"usage of text", 200, whole(choice, `{"prompt_tokens":"1","completion_tokens":2,"total_tokens":3}`), "prompt_tokens"},
		{"member of no name", 200, whole(strings.Replace(choice, `"refusal"`, `"reasoning_content":"x","refusal"`, 1), usage), "reasoning_content"},
		{"error in 200", 200, `{"error":{"message":"a","type":"b","param":null,"code":null}}`, "choices"},
		{"error", 429, `{"error":{"message":"a","type":"b","param":null,"code":null}}`, ""},
		{"error of text", 500, `{"error":"a"}`, "error"},
		{"error without a code", 500, `{"error":{"message":"a","type":"b","param":null}}`, "code"},
		{"error with a number as code", 500, `{"error":{"message":"a","type":"b","param":null,"code":5}}`, "code"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, s.Response(c.status, []byte(c.body)), c.wrong)
		})
	}
	check(t, s.Models([]byte(`{"object":"list","data":[{"id":"m","object":"model","created":1,"owned_by":"a"}]}`)), "")
	check(t, s.Models([]byte(`{"object":"list","data":[{"id":"m","object":"model"}]}`)), "owned_by")
}

func TestChecker(t *testing.T) {
	check1 := Checker(t)
	for _, c := range []struct{ method, path, kind, body, wrong string }{
		{"POST", "/v1/chat/completions", "application/json", `{"model":"m",` + messages + `}`, ""},
		{"POST", "/v1/chat/completions", "text/plain", `{"model":"m",` + messages + `}`, "Content-Type"},
		{"POST", "/v1/chat/completions", "application/json", `{"model":"m"}`, "messages"},
		{"GET", "/v1/models", "", "", ""},
		{"POST", "/v1/completions", "application/json", "{}", "no POST"},
	} {
		r, err := http.NewRequest(c.method, "http://localhost"+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", c.kind)
		check(t, check1(r, []byte(c.body)), c.wrong)
	}
}

func check(t *testing.T, err error, wrong string) {
	t.Helper()
	if wrong == "" && err != nil {
		t.Errorf("refused: %v", err)
	}
	if wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
		t.Errorf("error %v does not name %q", err, wrong)
	}
}
