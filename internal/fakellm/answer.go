package fakellm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strings"
)

// perMessage is what each message costs besides its text (role and separators; OpenAI's cookbook counts three).
const perMessage = 3

// Tokens estimates how many tokens s is: a quarter of its ASCII bytes and half of the others, rounded up. With cl100k a
// news article in English is .19 tokens a byte, JSON about .25, and Chinese .45, so it counts high rather than low.
func Tokens(s string) int {
	ascii := 0
	for i := range len(s) {
		if s[i] < 0x80 {
			ascii++
		}
	}
	return (ascii + 2*(len(s)-ascii) + 3) / 4
}

// An apiError is an error as OpenAI words it.
type apiError struct {
	status  int
	kind    string
	param   string // "" is null
	code    string // "" is null
	message string
}

func malformed(message string) *apiError {
	return &apiError{http.StatusBadRequest, "invalid_request_error", "", "", message}
}

func invalid(param, code, format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "invalid_request_error", param, code, fmt.Sprintf(format, args...)}
}

func (e *apiError) body(plain bool) any {
	if plain {
		return map[string]any{"error": e.message}
	}
	orNull := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return map[string]any{"error": map[string]any{
		"message": e.message, "type": e.kind, "param": orNull(e.param), "code": orNull(e.code)}}
}

// refuse answers with an error, and lists those that a right client never causes.
func (s *Server) refuse(w http.ResponseWriter, c *Call, m Model, e *apiError) {
	c.Status, c.Refused = e.status, e.message
	if e.status == http.StatusUnauthorized {
		c.Refused = "the key is missing or wrong" // its message echoes it
	}
	if e.status == http.StatusBadRequest && e.code != "context_length_exceeded" {
		s.violated("%s %s: %s", c.Method, c.Path, e.message)
	}
	s.record(c)
	writeJSON(w, e.status, e.body(m.PlainErrors))
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	body := encode(v)
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // whoever asked has gone
}

// encode is for values of maps, strings and numbers, which always encode.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("fakellm: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// chat answers a chat request. A malformed one is refused whatever fault is due, so that faults hide no mistake of a client.
func (s *Server) chat(w http.ResponseWriter, r *http.Request, c *Call) {
	q, m, e := s.parse(r, c.Body)
	c.Request = q
	if e != nil {
		s.refuse(w, c, m, e)
		return
	}
	s.mu.Lock()
	mode, always := s.mode, s.fault
	s.mu.Unlock()
	c.Fault = s.due(c.N, always)
	if s.o.Wait(r.Context(), s.o.Delay) != nil {
		s.record(c) // nobody waits for the answer
		return
	}
	rule := ruleOf(c.Fault)
	a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, asked: r}
	if rule.before != nil {
		rule.before(s, &a)
		c.Status, c.Refused = a.status, "fault: "+string(c.Fault)
		s.record(c)
		a.write(w)
		return
	}
	seen, e := window(q, m)
	if e != nil {
		s.refuse(w, c, m, e)
		return
	}
	ask := read(seen)
	c.Schema = ask.schema
	reply := s.reply(mode, ask, c.N)
	c.Content = reply.Content
	c.Usage.In = promptTokens(seen)
	c.Usage.Out = Tokens(reply.Content) + m.Reasoning
	if q.Cap > 0 && c.Usage.Out > q.Cap { // where the cap falls, the reply ends
		reply.Content, reply.FinishReason = cut(reply.Content, max(q.Cap-m.Reasoning, 0)), "length"
		c.Usage.Out = q.Cap
	}
	if rule.content != nil {
		reply.Content = rule.content(reply.Content)
	}
	object := s.envelope(q, c, reply, m)
	if rule.reply != nil {
		rule.reply(object)
	}
	a.body = encode(object)
	if rule.after != nil {
		rule.after(s, &a)
	}
	c.Status = a.status
	s.record(c)
	a.write(w)
}

// An answer as it goes over the wire.
type answer struct {
	status int // 0: the connection is dropped instead
	header http.Header
	body   []byte
	send   func(w http.ResponseWriter) // nil: the body at once
	asked  *http.Request
}

func (a *answer) write(w http.ResponseWriter) {
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.send != nil {
		w.WriteHeader(a.status)
		a.send(w)
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // whoever asked has gone
}

// envelope is the reply object that holds a message.
func (s *Server) envelope(q Request, c *Call, r Reply, m Model) map[string]any {
	message := map[string]any{"role": "assistant", "content": r.Content, "refusal": nil}
	for name, v := range r.MessageExtra {
		message[name] = v
	}
	usage := map[string]any{"prompt_tokens": c.Usage.In, "completion_tokens": c.Usage.Out, "total_tokens": c.Usage.In + c.Usage.Out}
	if m.Reasoning > 0 {
		usage["completion_tokens_details"] = map[string]any{"reasoning_tokens": min(m.Reasoning, c.Usage.Out)}
	}
	return map[string]any{
		"id":      fmt.Sprintf("chatcmpl-%016x", s.hash(fmt.Sprint(c.N), string(c.Body))),
		"object":  "chat.completion",
		"created": s.o.Now().Unix(),
		"model":   q.Model,
		"choices": []any{map[string]any{"index": 0, "message": message, "logprobs": nil, "finish_reason": r.FinishReason}},
		"usage":   usage,
	}
}

// hash is a number that depends on the seed and the parts.
func (s *Server) hash(parts ...string) uint64 { return hash(s.o.Seed, parts...) }

func hash(seed uint64, parts ...string) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, seed)
	for _, p := range parts {
		fmt.Fprintf(h, "\x00%s", p)
	}
	// FNV alone hardly mixes its last bytes into the high bits.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// chance is a number in [0, 1) that depends on the seed and the parts.
func (s *Server) chance(parts ...string) float64 {
	return float64(s.hash(parts...)>>11) / math.Exp2(53)
}

func promptTokens(q Request) int {
	n := perMessage
	for _, m := range q.Messages {
		n += perMessage + Tokens(m.Content)
	}
	return n
}

// cut keeps so many tokens of s, whole characters.
func cut(s string, tokens int) string {
	quarters := 4 * tokens
	for i, r := range s {
		if r < 0x80 {
			quarters--
		} else {
			quarters -= 2 * len(string(r))
		}
		if quarters < 0 {
			return s[:i]
		}
	}
	return s
}

// window is the request as the model sees it: whole, cut, or refused. The output cap counts, as it does with OpenAI.
func window(q Request, m Model) (Request, *apiError) {
	n := promptTokens(q)
	if m.Context == 0 || n+q.Cap <= m.Context {
		return q, nil
	}
	if !m.Cuts {
		return q, &apiError{http.StatusBadRequest, "invalid_request_error", "messages", "context_length_exceeded",
			fmt.Sprintf("This model's maximum context length is %d tokens. However, you requested %d tokens (%d in the messages, %d in the completion). Please reduce the length of the messages or completion.",
				m.Context, n+q.Cap, n, q.Cap)}
	}
	over := n - m.Context // a server that cuts makes room for the prompt, not for the reply
	seen := q
	seen.Messages = nil
	for _, msg := range q.Messages {
		has := Tokens(msg.Content) + perMessage
		if over >= has {
			over -= has
			continue
		}
		if over > 0 {
			rest := msg.Content[len(cut(msg.Content, over)):]
			msg.Content, over = strings.ToValidUTF8(rest, ""), 0
		}
		seen.Messages = append(seen.Messages, msg)
	}
	return seen, nil
}
