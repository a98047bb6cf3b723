package fakellm

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// rules are the faults and how they are made: those of the connection and of HTTP here, those of replies in faults_reply.go.
var rules = sync.OnceValue(func() []rule {
	return append([]rule{
		{fault: FaultClose, outcome: Retry, before: func(_ *Server, a *answer) { a.status = 0 }},
		{fault: FaultCloseBody, outcome: Retry, after: func(_ *Server, a *answer) {
			a.header.Set("Content-Length", fmt.Sprint(len(a.body)))
			a.send = func(w http.ResponseWriter) {
				half(w, a.body)
				panic(http.ErrAbortHandler)
			}
		}},
		{fault: FaultStall, outcome: Endless, before: func(_ *Server, a *answer) {
			<-a.asked.Context().Done()
			a.status = 0
		}},
		{fault: FaultStallBody, outcome: Endless, after: func(_ *Server, a *answer) {
			a.send = func(w http.ResponseWriter) {
				half(w, a.body)
				<-a.asked.Context().Done()
			}
		}},
		{fault: FaultSlowBody, outcome: Endless, after: func(s *Server, a *answer) {
			pause := s.o.Delay
			if pause <= 0 {
				pause = time.Second
			}
			a.send = func(w http.ResponseWriter) {
				for i := range a.body {
					if s.o.Wait(a.asked.Context(), pause) != nil || put(w, a.body[i:i+1]) != nil {
						return
					}
				}
			}
		}},
		{fault: FaultHuge, outcome: Bad, after: func(_ *Server, a *answer) {
			a.send = func(w http.ResponseWriter) { endless(a.asked, w, func() {}) }
		}},
		{fault: FaultGzipBomb, outcome: Bad, after: func(_ *Server, a *answer) {
			if !strings.Contains(a.asked.Header.Get("Accept-Encoding"), "gzip") {
				a.send = func(w http.ResponseWriter) { endless(a.asked, w, func() {}) }
				return
			}
			a.header.Set("Content-Encoding", "gzip")
			a.send = func(w http.ResponseWriter) {
				z := gzip.NewWriter(w)
				endless(a.asked, z, func() { _ = z.Flush(); flush(w) })
			}
		}},
		{fault: FaultRedirect, outcome: Refusal, before: redirect(http.StatusFound)},
		{fault: FaultRedirect307, outcome: Refusal, before: redirect(http.StatusTemporaryRedirect)},

		{fault: Fault429, outcome: Retry, before: limited(func(s *Server) string { return s.retryAfter() })},
		{fault: Fault429Date, outcome: Retry, before: limited(func(s *Server) string {
			after := max(s.o.RetryAfter, time.Second)
			return s.o.Now().Add(after).UTC().Format(http.TimeFormat)
		})},
		{fault: Fault429Bare, outcome: Retry, before: limited(func(*Server) string { return "" })},
		{fault: Fault429Endless, outcome: Retry, before: limited(func(*Server) string { return "86400" })},
		{fault: Fault429Nonsense, outcome: Retry, before: limited(func(*Server) string { return "soon" })},
		{fault: FaultQuota, outcome: Refusal, before: failed(&apiError{http.StatusTooManyRequests, "insufficient_quota", "", "insufficient_quota",
			"You exceeded your current quota, please check your plan and billing details."})},
		{fault: Fault402, outcome: Refusal, before: answered(http.StatusPaymentRequired,
			`{"error":{"message":"Insufficient credits. Add more to continue.","code":402},"user_id":"user_fake"}`)},
		{fault: Fault401, outcome: Refusal, before: func(_ *Server, a *answer) {
			failed(&apiError{http.StatusUnauthorized, "invalid_request_error", "", "invalid_api_key",
				"Incorrect API key provided: " + a.key() + "."})(nil, a)
		}},
		{fault: Fault404, outcome: Refusal, before: failed(&apiError{http.StatusNotFound, "invalid_request_error", "", "model_not_found",
			"The model does not exist or you do not have access to it."})},
		{fault: Fault500, outcome: Retry, before: failed(&apiError{http.StatusInternalServerError, "server_error", "", "",
			"The server had an error while processing your request. Sorry about that!"})},
		{fault: Fault503, outcome: Retry, before: func(s *Server, a *answer) {
			a.header.Set("Retry-After", s.retryAfter())
			failed(&apiError{http.StatusServiceUnavailable, "server_error", "", "", "The engine is currently overloaded, please try again later."})(s, a)
		}},
		{fault: FaultHTML502, outcome: Retry, before: func(_ *Server, a *answer) {
			page(a, http.StatusBadGateway, "502 Bad Gateway", "Authorization: Bearer "+a.key())
		}},
		{fault: FaultPlainError, outcome: Retry, before: answered(http.StatusInternalServerError, `{"error":"model runner has unexpectedly stopped"}`)},
		{fault: FaultErrorArray, outcome: Retry, before: answered(http.StatusInternalServerError,
			`[{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}]`)},
		{fault: FaultEmptyError, outcome: Retry, before: answered(http.StatusInternalServerError, "")},

		{fault: Fault200Error, outcome: Bad, before: answered(http.StatusOK,
			`{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"upstream timed out","provider_name":"Fake"}},"user_id":"user_fake"}`)},
		{fault: Fault200ErrorString, outcome: Bad, before: answered(http.StatusOK, `{"error":"model runner has unexpectedly stopped"}`)},
		{fault: FaultEmptyBody, outcome: Bad, before: answered(http.StatusOK, "")},
		{fault: FaultEmptyObject, outcome: Bad, before: answered(http.StatusOK, "{}")},
		{fault: FaultNull, outcome: Bad, before: answered(http.StatusOK, "null")},
		{fault: FaultHTML200, outcome: Bad, before: func(_ *Server, a *answer) {
			page(a, http.StatusOK, "Sign in to the guest network", "")
		}},
		{fault: FaultSSE, outcome: Bad, after: func(_ *Server, a *answer) {
			a.header.Set("Content-Type", "text/event-stream")
			a.body = []byte(": PROCESSING\n\ndata: " + string(a.body) + "\n\ndata: [DONE]\n\n")
		}},
		{fault: FaultTrailingJSON, outcome: Bad, after: func(_ *Server, a *answer) { a.body = append(a.body, `{"choices":[]}`...) }},
	}, replyRules()...)
})

// key is what came with the request; it is not kept.
func (a *answer) key() string {
	return strings.TrimPrefix(a.asked.Header.Get("Authorization"), "Bearer ")
}

func (s *Server) retryAfter() string {
	return fmt.Sprint(max(int(s.o.RetryAfter/time.Second), 1))
}

func failed(e *apiError) func(*Server, *answer) {
	return func(_ *Server, a *answer) { a.status, a.body = e.status, encode(e.body(false)) }
}

func answered(status int, body string) func(*Server, *answer) {
	return func(_ *Server, a *answer) { a.status, a.body = status, []byte(body) }
}

func limited(after func(*Server) string) func(*Server, *answer) {
	return func(s *Server, a *answer) {
		if v := after(s); v != "" {
			a.header.Set("Retry-After", v)
		}
		failed(&apiError{http.StatusTooManyRequests, "requests", "", "rate_limit_exceeded", "Rate limit reached for requests."})(s, a)
	}
}

func redirect(status int) func(*Server, *answer) {
	return func(s *Server, a *answer) {
		to := s.o.RedirectTo
		if to == "" {
			to = "/elsewhere"
		}
		a.header.Set("Location", to)
		a.status = status
	}
}

// page is a page of HTML of about five kilobytes.
func page(a *answer, status int, title, detail string) {
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.status = status
	a.body = []byte("<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title + "</h1><pre>" + detail + "</pre>\n" +
		strings.Repeat("<p>The page that you are looking for is temporarily unavailable.</p>\n", 70) + "</body></html>\n")
}

// half sends half of a body and makes sure that it left.
func half(w http.ResponseWriter, body []byte) { _ = put(w, body[:len(body)/2]) }

func put(w http.ResponseWriter, b []byte) error {
	_, err := w.Write(b)
	flush(w)
	return err
}

func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush() // a recorder of a test has nothing to flush
}

// endlessLimit ends what has no end, for a client that would read it all; a right one stops at a few megabytes.
const endlessLimit = 1 << 30

// endless writes a reply whose content does not end, until the client has gone.
func endless(r *http.Request, w io.Writer, flush func()) {
	_, err := io.WriteString(w, `{"id":"chatcmpl-huge","object":"chat.completion","created":1767225600,"model":"fake-model",`+
		`"choices":[{"index":0,"logprobs":null,"finish_reason":"stop","message":{"role":"assistant","refusal":null,"content":"`)
	block := bytes.Repeat([]byte("and so on "), 1<<13)
	for n := 0; err == nil && n < endlessLimit && r.Context().Err() == nil; n += len(block) {
		_, err = w.Write(block)
		flush()
	}
}
