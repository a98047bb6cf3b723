package fakediscord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Discord's codes (topics/opcodes-and-status-codes).
const (
	codeGeneral           = 0
	codeTooLarge          = 40005
	codeUnknownChannel    = 10003
	codeUnknownGuild      = 10004
	codeUnknownMessage    = 10008
	codeBlockedAgent      = 40333
	codeTagRequired       = 40067
	codeMissingAccess     = 50001
	codeEmptyMessage      = 50006
	codeWrongChannel      = 50008
	codeMissingPermission = 50013
	codeInvalidForm       = 50035
	codeInvalidJSON       = 50109
)

// maxBody is how many bytes of a request are read; Discord takes 10 MiB with files.
const maxBody = 10 << 20

var (
	versionPath = regexp.MustCompile(`^/api/v(9|10)(/.*)$`)
	agentForm   = regexp.MustCompile(`^DiscordBot \([^,()]+, [^()]+\)`) // reference, "User Agent"
)

// An answer of the API.
type answer struct {
	status int
	body   any
	header http.Header
	effect bool // something was created or changed
}

func fail(status, code int, message string) *answer {
	return &answer{status: status, body: map[string]any{"code": code, "message": message}}
}

// invalid is the answer to a body that breaks rules: path of the member (embeds.0.title) to what is wrong with it.
func invalid(errs map[string]string) *answer {
	root := map[string]any{}
	for path, message := range errs {
		node := root
		for key := range strings.SplitSeq(path, ".") {
			next, ok := node[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				node[key] = next
			}
			node = next
		}
		node["_errors"] = []any{map[string]any{"code": "BASE_TYPE_INVALID", "message": message}}
	}
	return &answer{status: http.StatusBadRequest, body: map[string]any{"code": codeInvalidForm, "message": "Invalid Form Body", "errors": root}}
}

func ok(body any) *answer { return &answer{status: http.StatusOK, body: body} }

// A call is one request to the API.
type call struct {
	*http.Request
	path  []string // below /api/v10
	body  []byte   // of a form: its payload_json
	files []File
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == gatewayPath || r.URL.Path == gatewayPath+"/" || strings.HasPrefix(r.URL.Path, resumePath) {
		s.serveGateway(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, filesPath) {
		s.serveFile(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return // the client is gone
	}
	m := versionPath.FindStringSubmatch(r.URL.Path)
	if m == nil {
		http.Error(w, "404: Not Found", http.StatusNotFound)
		return
	}
	shown := m[2]
	if r.URL.RawQuery != "" {
		shown += "?" + r.URL.RawQuery
	}
	if len(body) > maxBody {
		write(w, fail(http.StatusRequestEntityTooLarge, codeTooLarge, "Request entity too large"))
		return
	}
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, Request{Method: r.Method, Path: shown, Body: string(body)})
	s.mu.Unlock()
	c := &call{Request: r, path: strings.Split(strings.Trim(m[2], "/"), "/"), body: body}
	status := s.respond(w, c, m[2])
	s.mu.Lock()
	s.requests[n].Status = status
	s.mu.Unlock()
}

// respond answers a call with its fault, if one is due, and returns the status, 0 when the connection was cut.
func (s *Server) respond(w http.ResponseWriter, c *call, path string) int {
	f := s.fault(c.Method, path)
	if f != nil && f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.Context().Done():
			return 0
		}
	}
	if f != nil && !f.After {
		switch {
		case f.Cut:
			return cut(w)
		case f.RetryAfter > 0:
			return write(w, tooMany(f.RetryAfter, f.Global, "fault"))
		case f.Status != 0:
			return writeRaw(w, f.Status, f.Body)
		}
	}
	limited, header := s.limit(c.Method, c.path)
	a := limited
	if a == nil {
		a = s.handle(c)
	}
	if f != nil && f.After {
		switch {
		case f.Cut:
			return cut(w)
		case f.Status != 0:
			return writeRaw(w, f.Status, f.Body)
		}
	}
	for k, v := range header {
		if w.Header().Get(k) == "" {
			w.Header()[k] = v
		}
	}
	return write(w, a)
}

func write(w http.ResponseWriter, a *answer) int {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return a.status
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body) // the client may be gone
	return a.status
}

// writeRaw answers as a server or proxy in trouble does: no JSON.
func writeRaw(w http.ResponseWriter, status int, body string) int {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	return status
}

// cut closes the connection without an answer.
func cut(w http.ResponseWriter) int {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
	return 0
}

// handle does what a call asks for.
func (s *Server) handle(c *call) *answer {
	public := c.Method == http.MethodGet && len(c.path) == 1 && c.path[0] == "gateway" ||
		c.path[0] == "interactions" || c.path[0] == "webhooks" // whose token stands in the path
	if !agentForm.MatchString(c.UserAgent()) {
		s.violate("%s %s: the User-Agent %q is not of the form DiscordBot (url, version)", c.Method, c.URL.Path, c.UserAgent())
		return fail(http.StatusForbidden, codeBlockedAgent, "internal network error")
	}
	if !public && c.Header.Get("Authorization") != "Bot "+s.o.Token {
		return fail(http.StatusUnauthorized, codeGeneral, "401: Unauthorized")
	}
	var bad *answer
	if c.body, c.files, bad = unpack(c.Header.Get("Content-Type"), c.body); bad != nil {
		return bad
	}
	if len(c.body) > 0 && !json.Valid(c.body) {
		s.violate("%s %s: the body is not JSON", c.Method, c.URL.Path)
		return s.early(c, fail(http.StatusBadRequest, codeInvalidJSON, "The request body contains invalid JSON."))
	}
	if s.o.Check != nil {
		r := c.Request.Clone(c.Context())
		if len(c.files) > 0 || strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			r.Header.Set("Content-Type", "application/json") // of the part that is checked
		}
		r.Body = io.NopCloser(bytes.NewReader(c.body))
		if err := s.o.Check(r, c.body); err != nil {
			s.violate("%s %s: %v", c.Method, c.URL.Path, err)
			return s.early(c, fail(http.StatusBadRequest, codeInvalidForm, "Invalid Form Body: "+err.Error()))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.route(c); a != nil {
		return a
	}
	return fail(http.StatusNotFound, codeGeneral, "404: Not Found")
}

// route finds what a call is for; nil when there is no such thing. The lock is held.
func (s *Server) route(c *call) *answer {
	p := c.path
	at := func(method string, pattern ...string) bool {
		if c.Method != method || len(p) != len(pattern) {
			return false
		}
		for i := range p {
			if pattern[i] != "*" && pattern[i] != p[i] {
				return false
			}
		}
		return true
	}
	get := http.MethodGet
	switch {
	case at(get, "gateway"):
		return ok(map[string]any{"url": s.gatewayURL()})
	case at(get, "gateway", "bot"):
		return ok(s.gate.advice(s.gatewayURL()))
	case at(get, "users", "@me"):
		return ok(s.me())
	case at(get, "users", "@me", "guilds"):
		return ok(s.guildList())
	case at(get, "applications", "@me"), at(get, "oauth2", "applications", "@me"):
		return ok(s.application())
	case at(get, "guilds", "*"):
		if g := s.guild(p[1]); g != nil {
			return ok(s.guildJSON(g))
		}
		return fail(http.StatusNotFound, codeUnknownGuild, "Unknown Guild")
	case at(get, "guilds", "*", "roles"):
		if g := s.guild(p[1]); g != nil {
			return ok(rolesJSON(g))
		}
		return fail(http.StatusNotFound, codeUnknownGuild, "Unknown Guild")
	case at(get, "guilds", "*", "members", "*"):
		return s.member(p[1], p[3])
	case at(http.MethodPost, "users", "@me", "channels"):
		return s.openDirect(c.body)
	case at(get, "guilds", "*", "channels"):
		return s.guildChannels(p[1])
	case at(get, "guilds", "*", "threads", "active"):
		return s.activeThreads(p[1])
	}
	switch {
	case len(p) > 2 && p[0] == "applications":
		return s.routeCommands(c)
	case at(http.MethodPost, "interactions", "*", "*", "callback"):
		return s.callbackCall(c)
	case p[0] == "webhooks":
		return s.routeWebhooks(c)
	case len(p) < 2 || p[0] != "channels":
		return nil
	}
	g, ch := s.channel(p[1])
	if ch == nil {
		return fail(http.StatusNotFound, codeUnknownChannel, "Unknown Channel")
	}
	if ch.Hidden {
		return fail(http.StatusForbidden, codeMissingAccess, "Missing Access")
	}
	switch {
	case at(get, "channels", "*"):
		return ok(s.channelJSON(g, ch))
	case at(get, "channels", "*", "messages"):
		return s.history(ch, c.URL.Query())
	case at(http.MethodPost, "channels", "*", "messages"):
		return s.create(g, ch, c)
	case at(http.MethodPost, "channels", "*", "threads"):
		return s.startThread(g, ch, nil, c)
	case at(http.MethodPost, "channels", "*", "messages", "*", "threads"):
		m := s.find(ch, p[3])
		if m == nil {
			return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
		}
		return s.startThread(g, ch, m, c)
	case at(get, "channels", "*", "threads", "archived", "public"):
		return ok(map[string]any{"threads": []any{}, "members": []any{}, "has_more": false})
	case at(get, "channels", "*", "messages", "*"):
		return s.one(ch, p[3])
	case at(http.MethodPatch, "channels", "*", "messages", "*"):
		return s.edit(ch, p[3], c)
	case at(http.MethodDelete, "channels", "*", "messages", "*"):
		return s.remove(ch, p[3])
	}
	return nil
}

func (s *Server) gatewayURL() string { return "ws" + strings.TrimPrefix(s.base, "http") + gatewayPath }

// tooMany is the answer to a request too many. Discord's global one carries no Reset-After (topics/rate-limits).
func tooMany(after time.Duration, global bool, bucket string) *answer {
	secs := after.Seconds()
	h := http.Header{"Retry-After": {fmt.Sprint(int(secs + 0.999))}}
	if global {
		h["X-Ratelimit-Global"], h["X-Ratelimit-Scope"] = []string{"true"}, []string{"global"}
	} else {
		h["X-Ratelimit-Scope"] = []string{"user"}
		h["X-Ratelimit-Bucket"], h["X-Ratelimit-Reset-After"] = []string{bucket}, []string{fmt.Sprintf("%.3f", secs)}
		h["X-Ratelimit-Remaining"] = []string{"0"}
	}
	return &answer{status: http.StatusTooManyRequests, header: h, body: map[string]any{
		"code": 0, "message": "You are being rate limited.", "retry_after": secs, "global": global,
	}}
}
