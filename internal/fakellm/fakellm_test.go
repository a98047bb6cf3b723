package fakellm_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"attache/internal/fakellm"
	"attache/internal/fakellm/spectest"
)

const key = "sk-fake-0000-not-a-key"

// The sample articles: invented states and people.
const (
	geneva = `{"article":1,"title":"Norland and Estavia resume talks after a pause","published":"2026-11-21","language":"en","paragraphs":[` +
		`"PORT LANE — Delegations from Norland and Estavia met on Friday 20 November for the first direct talks in nine months, diplomats said.",` +
		`"Norland's foreign minister, Ilse Markham, led a delegation of 14 officials; Estavia sent its deputy minister, Teodor Rusk. “We agreed on a calendar, not on substance,” Markham told reporters after the session.",` +
		`"Estavia says the crossings will reopen only if Norland withdraws 1,200 border guards. Trade between the neighbours fell 18 percent to 6.4 billion crowns last year, according to Norland's statistics office."]}`
	harbour = `{"article":4,"title":"Parliament extends the decree","published":"2026-11-21","language":"en","paragraphs":[` +
		`"Estavia's parliament voted 71 to 44 on Saturday to extend the border decree by six months, a day after the talks.",` +
		`"Prime Minister Hanna Okoro said that her government would attend the next round in December. Write to www.example.com for more of this."]}`
	briefSchema = `{"type":"object","properties":{"headline":{"type":"string"},"bullets":{"type":"array","items":{"type":"object","properties":{"text":{"type":"string"},"article":{"type":"integer"},"quote":{"type":"string"}},"required":["text","article","quote"],"additionalProperties":false}}},"required":["headline","bullets"],"additionalProperties":false}`
)

// material is the block of a prompt with these articles.
func material(nonce, language string, articles ...string) string {
	return "Here they are.\narticles-" + nonce + "\n{\"articles\":[" + strings.Join(articles, ",") +
		`],"language":"` + language + `","bullets":4,"quotes":6}` + "\narticles-" + nonce + "\nAnswer with JSON."
}

// body is a chat request; extra are members besides.
func body(t *testing.T, system, user, schema string, extra map[string]any) []byte {
	t.Helper()
	m := map[string]any{
		"model":    "fake-model",
		"messages": []any{map[string]any{"role": "system", "content": system}, map[string]any{"role": "user", "content": user}},
	}
	if schema != "" {
		m["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": schema, "strict": true, "schema": json.RawMessage(briefSchema)}}
	}
	for name, v := range extra {
		m[name] = v
		if v == nil {
			delete(m, name)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const system = "You write briefs from articles.\nThe word of the day is HERON-7731.\nschema: brief"

// ask sends a request and returns the answer.
func ask(t *testing.T, s *fakellm.Server, body []byte) (*http.Response, []byte) {
	t.Helper()
	r := httptest.NewRequest("POST", "/v1/chat/completions", bytes.NewReader(body)).WithContext(t.Context())
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	res := w.Result()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, b
}

type reply struct {
	Choices []struct {
		Message      struct{ Content string }
		FinishReason string `json:"finish_reason"`
	}
	Usage struct {
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
		Total      int `json:"total_tokens"`
	}
}

type briefReply struct {
	Headline string
	Bullets  []struct {
		Text    string
		Article int
		Quote   string
		Names   []struct{ Shown, Source string }
	}
	Verdicts []struct {
		Bullet    int
		Supported bool
	}
	Quotations []struct {
		Quotation int
		Text      string
		Names     []struct{ Shown, Source string }
	}
	Quotes      []struct{ Quote, Speaker string }
	First, Last string
}

// content asks, and returns what the model said in a reply that is whole.
func content(t *testing.T, s *fakellm.Server, body []byte) string {
	t.Helper()
	res, b := ask(t, s, body)
	if res.StatusCode != 200 {
		t.Fatalf("status %d: %s", res.StatusCode, b)
	}
	var r reply
	if err := json.Unmarshal(b, &r); err != nil || len(r.Choices) != 1 || r.Choices[0].FinishReason != "stop" {
		t.Fatalf("%v: %s", err, b)
	}
	if r.Usage.Total != r.Usage.Prompt+r.Usage.Completion || r.Usage.Prompt == 0 || r.Usage.Completion == 0 {
		t.Errorf("usage %+v", r.Usage)
	}
	return r.Choices[0].Message.Content
}

func decoded(t *testing.T, content string) briefReply {
	t.Helper()
	var b briefReply
	dec := json.NewDecoder(strings.NewReader(content))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	return b
}

func TestRefusedRequests(t *testing.T) {
	models := []fakellm.Model{{Name: "fake-model"},
		{Name: "new", CapField: "max_completion_tokens", FixedTemperature: true},
		{Name: "old", CapField: "max_tokens", Structured: "json_object"},
		{Name: "lax", CapField: "max_tokens", Structured: "prompt", Lax: true, PlainErrors: true},
		{Name: "small", Context: 100}}
	user := material("n1", "en", geneva)
	messages := func(role, content string) []any {
		return []any{map[string]any{"role": role, "content": content}}
	}
	format := func(schema string) any {
		return map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "brief", "strict": true, "schema": json.RawMessage(schema)}}
	}
	for _, c := range []struct {
		name   string
		extra  map[string]any
		status int
		wrong  string // in the error; "" is none
	}{
		{"right", nil, 200, ""},
		{"no model", map[string]any{"model": nil}, 400, "model parameter"},
		{"unknown model", map[string]any{"model": "gone"}, 404, "model_not_found"},
		{"no messages", map[string]any{"messages": []any{}}, 400, "empty array"},
		{"role", map[string]any{"messages": messages("robot", "a")}, 400, "messages[0].role"},
		{"empty content", map[string]any{"messages": messages("user", "")}, 400, "messages[0].content"},
		{"null content", map[string]any{"messages": []any{map[string]any{"role": "user", "content": nil}}}, 400, "messages[0].content"},
		{"picture", map[string]any{"messages": []any{map[string]any{"role": "user", "content": []any{map[string]any{"type": "image_url"}}}}}, 400, "content"},
		{"messages of text", map[string]any{"messages": "a"}, 400, "Invalid type"},
		{"too hot", map[string]any{"temperature": 2.5}, 400, "decimal_above_max_value"},
		{"too cold", map[string]any{"temperature": -1}, 400, "decimal_below_min_value"},
		{"top_p", map[string]any{"top_p": 1.5}, 400, "top_p"},
		{"no output", map[string]any{"max_tokens": 0}, 400, "integer_below_min_value"},
		{"both caps", map[string]any{"max_tokens": 900, "max_completion_tokens": 900}, 400, "same time"},
		{"unknown member", map[string]any{"max_token": 1}, 400, "Unrecognized request argument supplied: max_token"},
		{"stream", map[string]any{"stream": true}, 400, "stream"},
		{"two answers", map[string]any{"n": 2}, 400, "one answer"},
		{"tools", map[string]any{"tools": []any{}}, 400, "tools"},
		{"format", map[string]any{"response_format": map[string]any{"type": "yaml"}}, 400, "yaml"},
		{"schema without a name", map[string]any{"response_format": map[string]any{"type": "json_schema"}}, 400, "json_schema.name"},
		{"letters of the name", map[string]any{"response_format": map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "a brief"}}}, 400, "pattern"},
		{"open object", map[string]any{"response_format": format(`{"type":"object","properties":{}}`)}, 400, "additionalProperties"},
		{"optional member", map[string]any{"response_format": format(strings.Replace(briefSchema, `"text","article","quote"`, `"text","article"`, 1))}, 400, "Missing 'quote'"},
		{"length of a text", map[string]any{"response_format": format(strings.Replace(briefSchema, `"headline":{`, `"headline":{"maxLength":9,`, 1))}, 400, "maxLength"},
		{"schema of a list", map[string]any{"response_format": format(`{"type":"array"}`)}, 400, "type"},

		{"new model", map[string]any{"model": "new", "max_completion_tokens": 900, "temperature": 1}, 200, ""},
		{"new model, old cap", map[string]any{"model": "new", "max_tokens": 900}, 400, "Use 'max_completion_tokens' instead"},
		{"new model, temperature", map[string]any{"model": "new", "temperature": 0}, 400, "unsupported_value"},
		{"old model", map[string]any{"model": "old", "max_tokens": 900, "response_format": map[string]any{"type": "json_object"}}, 200, ""},
		{"old model, new cap", map[string]any{"model": "old", "max_completion_tokens": 900}, 400, "unsupported_parameter"},
		{"old model, schema", map[string]any{"model": "old", "response_format": format(briefSchema)}, 400, "response_format"},
		{"no word of JSON", map[string]any{"model": "old", "response_format": map[string]any{"type": "json_object"}, "messages": messages("user", "write")}, 400, "json"},
		{"lax model takes all", map[string]any{"model": "lax", "max_completion_tokens": 1, "temperature": 0, "keep_alive": "5m"}, 200, ""},
		{"lax model, empty content", map[string]any{"model": "lax", "messages": messages("user", "")}, 400, `{"error":"`},
		{"window", map[string]any{"model": "small"}, 400, "context_length_exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakellm.New(fakellm.Options{Models: models})
			res, b := ask(t, s, body(t, system, user, "brief", c.extra))
			if res.StatusCode != c.status || c.wrong != "" && !strings.Contains(string(b), c.wrong) {
				t.Errorf("status %d: %s", res.StatusCode, b)
			}
			if c.wrong != `{"error":"` {
				spectest.Response(t, res.StatusCode, b)
			}
			want := 0
			if c.status == 400 && c.name != "window" {
				want = 1
			}
			if v := s.Violations(); len(v) != want {
				t.Errorf("violations %q", v)
			}
			if call := s.Calls()[0]; call.Status != c.status || (call.Refused == "") != (c.status == 200) || (call.Usage.Out == 0) != (c.status != 200) {
				t.Errorf("recorded as %d %q, usage %+v", call.Status, call.Refused, call.Usage)
			}
		})
	}
	s := fakellm.New(fakellm.Options{})
	for _, raw := range []string{"", "null", "[]", `{"model":`} {
		if res, b := ask(t, s, []byte(raw)); res.StatusCode != 400 {
			t.Errorf("%q is answered with %d: %s", raw, res.StatusCode, b)
		}
	}
}

func TestKey(t *testing.T) {
	s := fakellm.New(fakellm.Options{Key: key, Check: spectest.Checker(t)})
	for _, c := range []struct {
		header string
		status int
		says   string
	}{
		{"Bearer " + key, 200, `"fake-model"`},
		{"Bearer sk-fake-other", 401, "sk-fake-other"},
		{"Bearer ", 401, "provide an API key"},
		{"", 401, "provide an API key"},
		{key, 401, key},
	} {
		r := httptest.NewRequest("GET", "/v1/models", nil)
		r.Header.Set("Authorization", c.header)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%q: status %d, %s", c.header, w.Code, w.Body)
		}
		if w.Code == 200 {
			if err := spectest.Load(t).Models(w.Body.Bytes()); err != nil {
				t.Error(err)
			}
		} else {
			spectest.Response(t, w.Code, w.Body.Bytes())
		}
	}
	ask(t, s, body(t, system, material("n1", "en", geneva), "brief", nil))
	for _, c := range s.Calls() {
		if all, err := json.Marshal(c); err != nil || strings.Contains(string(all), "sk-fake") {
			t.Errorf("%v: a call keeps the key: %s", err, all)
		}
	}
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations %q", v)
	}
}

func TestCheck(t *testing.T) {
	s := fakellm.New(fakellm.Options{Check: spectest.Checker(t)})
	if res, b := ask(t, s, body(t, system, "hello", "", map[string]any{"reasoning_effort": "huge"})); res.StatusCode != 400 || len(s.Violations()) != 1 {
		t.Errorf("a request against the description: status %d, %s", res.StatusCode, b)
	}
}

func TestUnknownNames(t *testing.T) {
	for name, o := range map[string]fakellm.Options{
		"fault":                {Fault: "429.5"},
		"fault at":             {FaultAt: map[int]fakellm.Fault{1: "x"}},
		"mode":                 {Mode: "angry"},
		"hostile without rows": {Mode: fakellm.Hostile},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: taken", name)
				}
			}()
			fakellm.New(o)
		}()
	}
}

// Every reply of a whole shape, and every error in OpenAI's, is as OpenAI describes it.
func TestAsDescribed(t *testing.T) {
	spec := spectest.Load(t)
	poisoned := strings.Replace(geneva, "Estavia says", "HERON of the day. Estavia says", 1)
	verdicts := "verdict-x\n" + `{"bullets":[{"bullet":1,"text":"Talks were held.","evidence":"Talks were held."}]}` + "\nverdict-x"
	for _, mode := range []fakellm.Mode{fakellm.Honest, fakellm.Copy, fakellm.Leak} {
		s := fakellm.New(fakellm.Options{Mode: mode, Payloads: []string{"HERON of the day"}, Check: spectest.Checker(t), Models: []fakellm.Model{{Name: "fake-model", Reasoning: 20}}})
		for _, c := range []struct{ user, schema string }{
			{material("n", "en", poisoned), "brief"}, {material("n", "de", poisoned), "translation"}, {verdicts, "judge"},
			{"first word: a\nlast word: b", "canary"}, {"hello", ""},
		} {
			if res, b := ask(t, s, body(t, system, c.user, c.schema, nil)); res.StatusCode != 200 || spec.Response(200, b) != nil {
				t.Errorf("%s, %q: status %d, %v", mode, c.schema, res.StatusCode, spec.Response(200, b))
			}
		}
	}
	s := fakellm.New(fakellm.Options{})
	for _, f := range []fakellm.Fault{fakellm.Fault401, fakellm.Fault404, fakellm.Fault429, fakellm.Fault429Bare, fakellm.Fault429Date, fakellm.Fault429Endless,
		fakellm.Fault429Nonsense, fakellm.FaultQuota, fakellm.Fault500, fakellm.Fault503, fakellm.FaultTruncated, fakellm.FaultContentFilter,
		fakellm.FaultRefusal, fakellm.FaultToolCalls, fakellm.FaultNoUsage, fakellm.FaultZeroUsage} {
		s.SetFault(f)
		res, b := ask(t, s, body(t, system, material("n", "en", geneva), "brief", nil))
		if err := spec.Response(res.StatusCode, b); err != nil {
			t.Errorf("%s: %v\n%s", f, err, b)
		}
	}
}

// Requests at the same time are counted once each, and answered alike.
func TestTogether(t *testing.T) {
	s := fakellm.New(fakellm.Options{FaultAt: map[int]fakellm.Fault{7: fakellm.Fault500}})
	in := body(t, system, material("n", "en", geneva), "brief", nil)
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() { ask(t, s, in) })
	}
	group.Wait()
	calls, failed := map[int]bool{}, 0
	said := map[string]bool{}
	for _, c := range s.Calls() {
		calls[c.N] = true
		said[c.Content] = true
		if c.Status == 500 {
			failed = c.N
		}
	}
	if len(calls) != 40 || !calls[1] || !calls[40] || failed != 7 || len(said) != 2 {
		t.Errorf("%d numbers, the fault at %d, %d replies", len(calls), failed, len(said))
	}
}
