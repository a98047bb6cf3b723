package model

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

var (
	// ErrOpen says that the endpoint failed several times in a row and is not asked for a while.
	ErrOpen = errors.New("the endpoint failed repeatedly and is left alone for a while")
	// ErrQuota says that the account of the key has no credit left; asking again is no use.
	ErrQuota = errors.New("the account has no credit left")
)

// A Kind is why an answer with status 200 cannot be used.
type Kind string

// The kinds of ReplyError.
const (
	NoBody    Kind = "no body"
	Empty     Kind = "empty"     // a message without words
	Malformed Kind = "malformed" // not the JSON of a reply
	TooLarge  Kind = "too large"
	Failed    Kind = "error" // an error object in place of, or beside, a reply
	NoChoice  Kind = "no choice"
	Choices   Kind = "several choices"
	NoText    Kind = "no text" // content that is not a string, or not the assistant's
	ToolCalls Kind = "tool calls"
	Refused   Kind = "refused"
	Filtered  Kind = "content filter"
	Truncated Kind = "truncated"
	Finish    Kind = "finish reason" // missing, or none that is known
)

// A ReplyError is an answer with status 200 that cannot be used. It was billed, and is not asked for again.
type ReplyError struct {
	Kind   Kind
	Detail string // short and redacted; may hold words of the model
}

func (e *ReplyError) Error() string {
	if e.Detail == "" {
		return "the reply cannot be used: " + string(e.Kind)
	}
	return "the reply cannot be used: " + string(e.Kind) + ": " + e.Detail
}

// outage tells answers that no model gave from those that a model gave badly.
func (e *ReplyError) outage() bool {
	return slices.Contains([]Kind{NoBody, Malformed, TooLarge, Failed, NoChoice}, e.Kind)
}

// An HTTPError is an answer with another status than 200.
type HTTPError struct {
	Status int
	Code   string    // the API's own word, such as "model_not_found"; "" when it gave none
	Detail string    // its message, short and redacted
	Until  time.Time // before which it wants not to be asked again; zero when it does not say
}

func (e *HTTPError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the endpoint answered %d", e.Status)
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	} else if text := http.StatusText(e.Status); text != "" {
		fmt.Fprintf(&b, " (%s)", text)
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if !e.Until.IsZero() {
		fmt.Fprintf(&b, "; not to be asked again before %s", e.Until.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	return b.String()
}

// The words of OpenAI for an account that cannot pay, in the error's code or type.
var billing = []string{"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}

func (e *HTTPError) quota() bool {
	return e.Status == http.StatusPaymentRequired || unpaid(e.Code)
}

func unpaid(code string) bool { return slices.Contains(billing, code) }

// Is makes errors.Is(err, ErrQuota) true of an account without credit, whatever its status.
func (e *HTTPError) Is(target error) bool { return target == ErrQuota && e.quota() }

// free reports whether the answer says that no model ran. A server that gave up waiting may have been billed itself.
func (e *HTTPError) free() bool {
	return e.Status < http.StatusInternalServerError && e.Status != http.StatusRequestTimeout
}

// A lostError is a request without an answer. It keeps no error of the network, whose text may hold a URL with a secret;
// cause is context.Canceled, context.DeadlineExceeded or nil.
type lostError struct {
	detail string
	unsent bool // no connection came about, so that nothing can have been billed
	cause  error
}

func (e *lostError) Error() string { return e.detail }
func (e *lostError) Unwrap() error { return e.cause }

// A bookError is a failure of the ledger. What was booked stands.
type bookError struct{ err error }

func (e *bookError) Error() string { return "book the call: " + e.err.Error() }
func (e *bookError) Unwrap() error { return e.err }

// passing reports whether the same request may well succeed a little later.
func passing(err error) bool {
	var h *HTTPError
	var lost *lostError
	switch {
	case errors.As(err, &h):
		return !h.quota() && (h.Status == http.StatusTooManyRequests || h.Status == http.StatusRequestTimeout || h.Status >= 500)
	case errors.As(err, &lost):
		return lost.cause == nil
	}
	return false
}

// An outcome is what a call says about the health of its endpoint.
type outcome int

const (
	silent outcome = iota // nothing: the call never left, or whoever asked went away
	alive
	failing
)

// health tells the three apart. A request that the endpoint finds wrong, and content that cannot be used, are no outage.
func health(err error) outcome {
	var reply *ReplyError
	var h *HTTPError
	var lost *lostError
	switch {
	case err == nil:
		return alive
	case errors.As(err, &reply):
		if reply.outage() {
			return failing
		}
		return alive
	case errors.As(err, &h):
		switch h.Status {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
			return alive
		}
		return failing
	case errors.As(err, &lost) && !errors.Is(lost.cause, context.Canceled):
		return failing
	}
	return silent
}
