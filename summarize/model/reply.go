package model

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxEnvelopeDepth  = 64
	maxEnvelopeValues = 50_000
)

// reported is what a reply says of its usage.
type reported struct {
	given          bool
	in, out, total int // 0 when not said
}

// A reply is what was found in an answer with status 200.
type reply struct {
	clean   []byte // what go-openai gets to decode: only what was checked
	content string
	usage   reported
}

// reply checks an answer. The usage is returned with an error too, where there is one.
//
// go-openai takes `{}`, `null` and an error object for a reply without choices, a content that is an array for an empty
// one, and the second of two members with the same name; encoding/json takes names in any case. None of it gets there.
func (r redactor) reply(h http.Header, body []byte) (reply, error) {
	var out reply
	if len(strings.TrimSpace(string(body))) == 0 {
		return out, &ReplyError{Kind: NoBody}
	}
	if kind, ok := notJSON(h, body); !ok {
		return out, &ReplyError{Malformed, r.text(kind)}
	}
	top, err := parse(body, maxEnvelopeDepth, maxEnvelopeValues)
	if err != nil {
		return out, &ReplyError{Malformed, r.text(err.Error())}
	}
	if top.kind != '{' {
		return out, &ReplyError{Malformed, "the answer is not a JSON object"}
	}
	out.usage = usageOf(top.get("usage"))
	if e := top.get("error"); e.says() {
		code, detail := errorOf(top)
		return out, &ReplyError{Failed, r.text(strings.TrimSpace(code + " " + detail))}
	}
	choices := top.get("choices")
	if choices.kind != '[' || len(choices.items) == 0 {
		return out, &ReplyError{Kind: NoChoice}
	}
	if n := len(choices.items); n > 1 {
		return out, &ReplyError{Choices, fmt.Sprint(n)}
	}
	content, err := r.choice(choices.items[0])
	if err != nil {
		return out, err
	}
	out.content = content
	out.clean, err = json.Marshal(map[string]any{"choices": []any{map[string]any{
		"index": 0, "finish_reason": "stop", "message": map[string]string{"role": "assistant", "content": content},
	}}})
	if err != nil {
		return out, &ReplyError{Malformed, r.text(err.Error())}
	}
	return out, nil
}

// choice returns the words of a choice that is a whole answer of the assistant.
func (r redactor) choice(c node) (string, error) {
	m := c.get("message")
	if m.kind != '{' {
		return "", &ReplyError{NoChoice, "a choice without a message"}
	}
	if c.get("error").says() {
		code, detail := errorOf(c)
		return "", &ReplyError{Failed, r.text(strings.TrimSpace(code + " " + detail))}
	}
	finish := c.get("finish_reason").text()
	refusal := m.get("refusal")
	switch {
	case finish == "content_filter":
		return "", &ReplyError{Kind: Filtered}
	case finish == "length":
		return "", &ReplyError{Truncated, "the cap on its tokens was reached"}
	case refusal.says():
		return "", &ReplyError{Refused, r.text(refusal.text())}
	case m.get("tool_calls").says(), m.get("function_call").says(), finish == "tool_calls", finish == "function_call":
		return "", &ReplyError{Kind: ToolCalls}
	case finish != "stop":
		return "", &ReplyError{Finish, r.text(finish)}
	}
	if role := m.get("role"); role.says() && role.text() != "assistant" {
		return "", &ReplyError{NoText, "the message is not the assistant's"}
	}
	content := m.get("content")
	switch {
	case !content.says():
		return "", &ReplyError{Kind: Empty}
	case content.kind != '"':
		return "", &ReplyError{NoText, "the content is not a string"}
	case strings.TrimSpace(content.text()) == "":
		return "", &ReplyError{Kind: Empty}
	}
	return content.text(), nil
}

// notJSON says what an answer is by its head, when that is something else than JSON. Without a Content-Type, the body
// must tell.
func notJSON(h http.Header, body []byte) (kind string, ok bool) {
	media, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case media == "text/html" || html(body):
		return "the answer is an HTML page; is base_url the API's?", false
	case media == "text/event-stream":
		return "the answer is a stream, which was not asked for", false
	case media == "" || media == "application/json" || strings.HasSuffix(media, "+json"):
		return "", true
	}
	return "the answer is " + media + ", not JSON", false
}

func html(body []byte) bool {
	start := strings.ToLower(strings.TrimSpace(string(body[:min(len(body), 200)])))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

func usageOf(n node) reported {
	r := reported{in: n.get("prompt_tokens").whole(), out: n.get("completion_tokens").whole(), total: n.get("total_tokens").whole()}
	r.given = n.kind == '{'
	return r
}

// whole is a number, as far as one of tokens can be; 0 when n is none.
func (n node) whole() int {
	f, err := strconv.ParseFloat(string(n.raw), 64)
	if n.kind != '0' || err != nil && f == 0 {
		return 0
	}
	return int(min(max(f, -maxTokens), maxTokens))
}

// httpError makes an error of an answer whose status is not 2xx.
func (r redactor) httpError(res *http.Response, now time.Time) *HTTPError {
	e := &HTTPError{Status: res.StatusCode, Until: retryAfter(res.StatusCode, res.Header, now)}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		e.Detail = "a redirect, which is not followed; base_url must be where the API is"
		if to, err := url.Parse(res.Header.Get("Location")); err == nil && to.Host != "" {
			e.Detail = r.text("a redirect to "+to.Host) + ", which is not followed; base_url must be where the API is"
		}
		return e
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxErrorBody)) // what there is of it
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if media == "text/html" || html(body) {
		e.Detail = fmt.Sprintf("an HTML page of %d bytes in place of the API's answer", len(body))
		return e
	}
	top, err := parse(body, maxEnvelopeDepth, maxEnvelopeValues)
	switch {
	case len(strings.TrimSpace(string(body))) == 0:
		e.Detail = "without a word"
	case err == nil:
		code, detail := errorOf(top)
		e.Code, e.Detail = r.text(code), r.text(detail)
	case strings.HasPrefix(strings.TrimSpace(string(body)), "{") || strings.HasPrefix(strings.TrimSpace(string(body)), "["):
		e.Detail = "with JSON that cannot be read" // shown as it is, escapes would hide a key in it
	default:
		e.Detail = r.text(string(body))
	}
	return e
}

// errorOf finds an error's code and message in the forms that servers give it: OpenAI's object, also within an array
// (Gemini), a string (Ollama), Mistral's flat object, FastAPI's detail (vLLM). Of several codes it takes the one that says
// that the account cannot pay.
func errorOf(n node) (code, message string) {
	if n.kind == '[' && len(n.items) > 0 {
		n = n.items[0]
	}
	if e := n.get("error"); e.says() {
		n = e
	}
	if n.kind == '"' {
		return "", n.text()
	}
	for _, name := range []string{"message", "detail", "msg"} {
		v := n.get(name)
		if v.kind == '[' && len(v.items) > 0 {
			if v = v.items[0]; v.kind == '{' {
				v = v.get("msg")
			}
		}
		if message = v.text(); message != "" {
			break
		}
	}
	for _, name := range []string{"code", "type", "status"} {
		v := n.get(name)
		word := v.text()
		if v.kind == '0' {
			word = string(v.raw)
		}
		if word != "" && (code == "" || unpaid(word)) {
			code = word
		}
	}
	return code, message
}
