package model

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"attache/internal/fakellm"
)

// choice is a reply with one choice.
func choice(c string) string {
	return `{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[` + c + `],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}`
}

// Traps: what go-openai takes for a reply without saying a word. Each is an error with a kind, is billed, is not asked
// for again, and gives nobody its content.
func TestTrapReplies(t *testing.T) {
	const page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>" + testKey + "</body></html>"
	message := func(m string) string { return choice(`{"index":0,"finish_reason":"stop","message":` + m + `}`) }
	for _, tc := range []struct {
		name, body, media string
		want              Kind
		detail            string
	}{
		{"error object of OpenRouter", `{"error":{"code":502,"message":"Provider returned error"},"user_id":"u"}`, "", Failed, "502 Provider returned error"},
		{"error string of Ollama", `{"error":"model runner has unexpectedly stopped"}`, "", Failed, "unexpectedly stopped"},
		{"error with the key", `{"error":{"message":"no such key: ` + testKey + `"}}`, "", Failed, "no such key: ***"},
		{"error beside a reply", strings.Replace(good("{}", 100, 1), `{"id"`, `{"error":{"message":"upstream"},"id"`, 1), "", Failed, "upstream"},
		{"error in a choice", choice(`{"error":{"code":502,"message":"disconnected"},"finish_reason":"stop","message":{"role":"assistant","content":"{}"}}`), "", Failed, "disconnected"},
		{"empty object", `{}`, "", NoChoice, ""},
		{"null", `null`, "", Malformed, "not a JSON object"},
		{"array", `[]`, "", Malformed, "not a JSON object"},
		{"empty body", ``, "", NoBody, ""},
		{"white space", " \r\n", "", NoBody, ""},
		{"half a body", `{"choices":[{"index":0,"fin`, "", Malformed, "not JSON"},
		{"two bodies", good("{}", 100, 1) + good("{}", 100, 1), "", Malformed, "not JSON"},
		{"HTML", page, "text/html; charset=utf-8", Malformed, "an HTML page"},
		{"part of a page", "<p>Sign in</p>", "text/html", Malformed, "an HTML page"},
		{"HTML that says it is JSON", "\n" + page, "application/json", Malformed, "an HTML page"},
		{"plain text", good("{}", 100, 1), "text/plain", Malformed, "text/plain, not JSON"},
		{"stream", "data: " + good("{}", 100, 1) + "\n\ndata: [DONE]\n\n", "text/event-stream", Malformed, "stream"},
		{"stream that says it is JSON", ": OPENROUTER PROCESSING\n\ndata: {}\n\n", "", Malformed, "not JSON"},
		{"no choices", `{"choices":[]}`, "", NoChoice, ""},
		{"null choices", `{"choices":null}`, "", NoChoice, ""},
		{"choices in capitals", strings.Replace(good("{}", 100, 1), `"choices"`, `"Choices"`, 1), "", NoChoice, ""},
		{"two choices", choice(`{"finish_reason":"stop","message":{"content":"a"}},{"finish_reason":"stop","message":{"content":"b"}}`), "", Choices, "2"},
		{"no message", choice(`{"index":0,"finish_reason":"stop"}`), "", NoChoice, "without a message"},
		{"two contents", message(`{"role":"assistant","content":"a","content":"b"}`), "", Malformed, `"content" stands twice`},
		{"tool calls", choice(`{"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"post","arguments":"{}"}}]}}`), "", ToolCalls, ""},
		{"tool calls beside content", message(`{"role":"assistant","content":"{}","tool_calls":[{"id":"c","type":"function","function":{"name":"post","arguments":"{}"}}]}`), "", ToolCalls, ""},
		{"function call", message(`{"role":"assistant","content":"{}","function_call":{"name":"post","arguments":"{}"}}`), "", ToolCalls, ""},
		{"content array", message(`{"role":"assistant","content":[{"type":"text","text":"{}"}]}`), "", NoText, "not a string"},
		{"content object", message(`{"role":"assistant","content":{"headline":"x"}}`), "", NoText, "not a string"},
		{"content null", message(`{"role":"assistant","content":null}`), "", Empty, ""},
		{"no content", message(`{"role":"assistant"}`), "", Empty, ""},
		{"empty content", message(`{"role":"assistant","content":""}`), "", Empty, ""},
		{"blank content", message(`{"role":"assistant","content":" \n "}`), "", Empty, ""},
		{"reasoning only", message(`{"role":"assistant","content":"","reasoning_content":"Let me think."}`), "", Empty, ""},
		{"refusal", message(`{"role":"assistant","content":null,"refusal":"I cannot help with that."}`), "", Refused, "I cannot help with that."},
		{"refusal beside content", message(`{"role":"assistant","content":"{}","refusal":"No."}`), "", Refused, "No."},
		{"another role", message(`{"role":"user","content":"{}"}`), "", NoText, "assistant"},
		{"truncated", choice(`{"finish_reason":"length","message":{"role":"assistant","content":"{}"}}`), "", Truncated, "cap"},
		{"content filter", choice(`{"finish_reason":"content_filter","message":{"role":"assistant","content":"{}"}}`), "", Filtered, ""},
		{"no finish reason", choice(`{"message":{"role":"assistant","content":"{}"}}`), "", Finish, ""},
		{"null finish reason", choice(`{"finish_reason":null,"message":{"role":"assistant","content":"{}"}}`), "", Finish, ""},
		{"odd finish reason", choice(`{"finish_reason":"eos","message":{"role":"assistant","content":"{}"}}`), "", Finish, "eos"},
		{"invalid UTF-8", message("{\"role\":\"assistant\",\"content\":\"a\xff\"}"), "", Malformed, "UTF-8"},
		{"half a surrogate pair", message(`{"role":"assistant","content":"a\ud800b"}`), "", Malformed, "surrogate"},
		{"deep", `{"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "", Malformed, "nested"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked := 0
			media := tc.media
			if media == "" {
				media = "application/json"
			}
			c, b := server(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				says(200, tc.body, "Content-Type", media)(w, r)
			}, nil)
			a, err := c.Ask(t.Context(), question())
			var e *ReplyError
			if !errors.As(err, &e) {
				t.Fatalf("answer %+v, error %v", a, err)
			}
			if e.Kind != tc.want || !strings.Contains(e.Detail, tc.detail) || a != (Answer{}) {
				t.Errorf("%q, %q; want %q, %q", e.Kind, e.Detail, tc.want, tc.detail)
			}
			if strings.Contains(err.Error(), testKey) {
				t.Errorf("the key is in %q", err)
			}
			if asked != 1 {
				t.Errorf("asked %d times", asked)
			}
			want := b.calls[0].Most
			if strings.Contains(tc.body, `"usage"`) && !strings.HasPrefix(tc.body, "data") && tc.want != Malformed {
				want = b.rows[0] // the reply says it
				if want.In != 100 {
					t.Errorf("booked %+v of a reply that says 100", want)
				}
			}
			if b.rows[0] != want || want.Cost == 0 {
				t.Errorf("booked %+v, want %+v", b.rows[0], want)
			}
		})
	}
}

// What goes beside a right reply does not matter.
func TestRepliesThatAreTaken(t *testing.T) {
	for name, body := range map[string]string{
		"null members":       choice(`{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{}","refusal":null,"tool_calls":null,"function_call":null}}`),
		"empty tool calls":   choice(`{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{}","tool_calls":[],"refusal":""}}`),
		"null error":         strings.Replace(good("{}", 100, 1), `{"id"`, `{"error":null,"id"`, 1),
		"reasoning beside":   choice(`{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{}","reasoning_content":"Let me think."}}`),
		"no role":            choice(`{"index":0,"finish_reason":"stop","message":{"content":"{}"}}`),
		"no id, no model":    `{"choices":[{"finish_reason":"stop","message":{"content":"{}"}}],"usage":{"prompt_tokens":100,"completion_tokens":1}}`,
		"wrong types beside": strings.Replace(good("{}", 100, 1), `"id":"chatcmpl-1"`, `"id":7,"system_fingerprint":{},"service_tier":[]`, 1),
		"white space around": "\r\n" + good("{}", 100, 1) + "\r\n",
	} {
		c, _ := server(t, says(200, body), nil)
		if a, err := c.Ask(t.Context(), question()); err != nil || a.Content != "{}" {
			t.Errorf("%s: %q, %v", name, a.Content, err)
		}
	}
	c, _ := server(t, says(200, good("{}", 100, 1), "Content-Type", "application/vnd.api+json"), nil)
	if _, err := c.Ask(t.Context(), question()); err != nil {
		t.Error(err)
	}
}

// Trap: bodies are read without a limit.
func TestTrapEndlessBody(t *testing.T) {
	for name, status := range map[string]int{"reply": 200, "error": 400} {
		t.Run(name, func(t *testing.T) {
			written := 0
			c, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				block := strings.Repeat("x", 1<<16)
				_, err := io.WriteString(w, `{"choices":[{"message":{"content":"`)
				for err == nil && written < 1<<28 {
					var n int
					n, err = io.WriteString(w, block)
					written += n
				}
				if err == nil {
					t.Error("256 MB were read")
				}
			}, nil)
			_, err := c.Ask(t.Context(), question())
			var e *ReplyError
			var h *HTTPError
			switch {
			case status == 200 && (!errors.As(err, &e) || e.Kind != TooLarge):
				t.Errorf("error %v", err)
			case status == 400 && (!errors.As(err, &h) || len(h.Detail) > 1000):
				t.Errorf("error %v", err)
			}
		})
	}
}

// A megabyte of a compressed reply is a gigabyte of memory; the limit counts what comes out.
func TestGzipBomb(t *testing.T) {
	s := httptest.NewServer(fakellm.New(fakellm.Options{Fault: fakellm.FaultGzipBomb, Models: []fakellm.Model{{Name: "m"}}}))
	defer s.Close()
	e := endpoint()
	e.BaseURL = s.URL + "/v1"
	c := New(quiet(), e, &book{}, Options{})
	defer c.http.CloseIdleConnections()
	_, err := c.Ask(t.Context(), canaryQuestion())
	var reply *ReplyError
	if !errors.As(err, &reply) || reply.Kind != TooLarge {
		t.Error(err)
	}
}

// Where nobody listens, nothing was sent, and nothing is booked.
func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	e, b := endpoint(), &book{}
	e.BaseURL = s.URL + "/v1"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := New(quiet(), e, b, Options{}).attempt(ctx, question())
	if err == nil || !strings.Contains(err.Error(), "no connection: ") || !passing(err) {
		t.Error(err)
	}
	if len(b.rows) != 1 || b.rows[0] != (Usage{}) || len(b.open) > 0 {
		t.Errorf("booked %+v", b.rows)
	}
}

// go-openai knows some models by name that have no chat, and does not ask for them. Nothing is sent and booked then.
func TestModelsWithoutChat(t *testing.T) {
	e, b := endpoint(), &book{}
	e.Model = "text-davinci-003"
	_, err := New(quiet(), e, b, Options{}).Ask(t.Context(), question())
	if err == nil || !strings.Contains(err.Error(), "not supported with this method") || len(b.rows) > 0 {
		t.Errorf("%v, %d rows", err, len(b.rows))
	}
}

// Trap: a redirect is followed as GET, and on the same host with the key.
func TestTrapRedirect(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		asked := 0
		c, b := server(t, func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked > 1 {
				t.Errorf("%d was followed: %s %s", status, r.Method, r.URL)
			}
			http.Redirect(w, r, "/elsewhere", status)
		}, nil)
		_, err := c.Ask(t.Context(), question())
		var h *HTTPError
		if !errors.As(err, &h) || h.Status != status || !strings.Contains(h.Detail, "base_url") {
			t.Errorf("%d: %v", status, err)
		}
		if b.rows[0] != (Usage{}) {
			t.Errorf("%d: booked %+v", status, b.rows[0])
		}
	}
}

// Trap: an error's text is the whole body, which may be a page, or hold the key.
func TestTrapErrorBodies(t *testing.T) {
	escaped := strings.ReplaceAll(testKey, "/", `\/`)
	for _, tc := range []struct {
		name, body, media, code, detail string
	}{
		{"OpenAI", `{"error":{"message":"Incorrect API key provided: ` + escaped + `.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, "", "invalid_api_key", "Incorrect API key provided: ***."},
		{"key of another", `{"error":{"message":"Incorrect API key provided: sk-proj-abcdefgh1234."}}`, "", "", "Incorrect API key provided: ***"},
		{"Ollama", `{"error":"model \"m\" not found, try pulling it first"}`, "", "", `model "m" not found, try pulling it first`},
		{"Gemini", `[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]`, "", "400", "API key not valid."},
		{"Mistral", `{"object":"error","message":"Unauthorized","type":"invalid_request","code":1001}`, "", "1001", "Unauthorized"},
		{"vLLM", `{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}`, "", "", "field required"},
		{"list of messages", `{"error":{"message":["one","two"]}}`, "", "", "one"},
		{"OpenRouter", `{"error":{"message":"No auth credentials found","code":401}}`, "", "401", "No auth credentials found"},
		{"page", "<html>" + strings.Repeat("<p>gone "+testKey+"</p>", 200) + "</html>", "text/html", "", "an HTML page of"},
		{"text", "upstream: Bearer " + testKey + "\x1b[31m\u202e red\r\n", "text/plain", "", "upstream: Bearer *** [31m red"},
		{"long text", strings.Repeat("long ", 2000), "text/plain", "", "long long"},
		{"escaped", `{"weird":"sk\u002dfake\u002d9Q7"}`, "", "", ""},
		{"broken JSON", `{"weird":"sk\u002dfake\u002d9Q7"`, "", "", "with JSON that cannot be read"},
		{"nothing", "", "", "", "without a word"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			media := tc.media
			if media == "" {
				media = "application/json"
			}
			c, b := server(t, says(http.StatusUnauthorized, tc.body, "Content-Type", media), nil)
			_, err := c.Ask(t.Context(), question())
			var h *HTTPError
			if !errors.As(err, &h) {
				t.Fatal(err)
			}
			if h.Status != 401 || h.Code != tc.code || !strings.HasPrefix(h.Detail, tc.detail) || len(h.Detail) > 4*shown {
				t.Errorf("%+v", h)
			}
			if s := err.Error(); strings.Contains(s, "9Q7") || strings.ContainsAny(s, "\r\n\x1b\u202e") {
				t.Errorf("error text %q", s)
			}
			if len(b.rows) != 1 || b.rows[0] != (Usage{}) {
				t.Errorf("booked %+v", b.rows)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
	}{
		{429, `{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`},
		{429, `{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":null}}`},
		{429, `{"error":{"message":"Not active.","type":"billing_not_active","code":"rate"}}`},
		{400, `{"error":{"message":"Hard limit.","code":"billing_hard_limit_reached"}}`},
		{402, `{"error":{"message":"Insufficient credits.","code":402}}`},
	} {
		asked := 0
		c, b := server(t, func(w http.ResponseWriter, r *http.Request) {
			asked++
			says(tc.status, tc.body, "Retry-After", "0")(w, r)
		}, nil)
		_, err := c.Ask(t.Context(), question())
		var h *HTTPError
		if !errors.Is(err, ErrQuota) || !errors.As(err, &h) || asked != 1 || b.rows[0] != (Usage{}) {
			t.Errorf("%s: asked %d times, %v", tc.body, asked, err)
		}
	}
}
