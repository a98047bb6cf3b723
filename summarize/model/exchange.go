package model

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/sashabaranov/go-openai"
)

// An exchange is one request and its answer: the HTTP client that go-openai is given for one attempt. It hands over no
// answer that is not a whole and single reply.
type exchange struct {
	c *Client
	q Question

	sent bool
	used Usage
	err  error
}

var _ openai.HTTPDoer = (*exchange)(nil)

// Do is called by go-openai.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	x.sent = true
	clean, err := x.do(req)
	if x.err = err; err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(clean)), Body: io.NopCloser(bytes.NewReader(clean)),
	}, nil
}

// do books, sends, books what was used, and only then lets the content through.
func (x *exchange) do(req *http.Request) (clean []byte, err error) {
	c, ctx := x.c, req.Context()
	body, err := c.mend(req, x.q.MaxOutput)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	most := c.e.most(body, x.q.MaxOutput)
	id, err := c.ledger.Open(ctx, Call{Payer: x.q.Payer, Purpose: x.q.Purpose, Endpoint: c.e.Name, Model: c.e.Model, Most: most})
	if errors.Is(err, ErrCap) {
		return nil, err
	}
	if err != nil {
		return nil, &bookError{err}
	}

	x.used = most
	header, answer, err := c.send(req)
	var h *HTTPError
	var lost *lostError
	switch {
	case err == nil:
		var r reply
		r, err = c.redact.reply(header, answer)
		clean, x.used = r.clean, c.e.weigh(r.usage, most, body, r.content)
		if r.usage.given && x.used.Estimated {
			c.log.Warn("a model endpoint reports a usage that cannot be true; more is booked", "endpoint", c.e.Name,
				"in", r.usage.in, "out", r.usage.out, "booked_in", x.used.In, "booked_out", x.used.Out)
		}
	case errors.As(err, &h) && h.free(), errors.As(err, &lost) && lost.unsent:
		x.used = Usage{}
	}

	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookTimeout)
	defer cancel()
	if closeErr := c.ledger.Close(closing, id, x.used); closeErr != nil {
		return nil, &bookError{errors.Join(closeErr, err)}
	}
	return clean, err
}

// send returns the head and the body of an answer with status 2xx, and an error of any other.
func (c *Client) send(req *http.Request) (http.Header, []byte, error) {
	ctx := req.Context()
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, c.lost(ctx, err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, nil, c.redact.httpError(res, time.Now())
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, c.maxReply+1))
	if int64(len(body)) > c.maxReply {
		return nil, nil, &ReplyError{TooLarge, fmt.Sprintf("more than %d bytes", c.maxReply)}
	}
	if err != nil {
		return nil, nil, c.lost(ctx, err)
	}
	return res.Header, body, nil
}

// lost says how a request ended without an answer.
func (c *Client) lost(ctx context.Context, err error) error {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	e := &lostError{unsent: errors.As(err, &op) && op.Op == "dial" || errors.As(err, &cert), cause: ctx.Err()}
	switch {
	case errors.Is(context.Cause(ctx), errSlow):
		e.detail = fmt.Sprintf("no whole answer within %s", c.e.Timeout)
	case errors.Is(e.cause, context.DeadlineExceeded):
		e.detail = "no whole answer before the deadline"
	case e.cause != nil:
		e.detail = "given up"
	default:
		var u *url.Error
		for errors.As(err, &u) { // its text has the whole URL
			err = u.Err
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			e.detail = "the connection was closed in the middle of it"
		case e.unsent:
			e.detail = "no connection: " + c.redact.text(err.Error())
		default:
			e.detail = "the connection failed: " + c.redact.text(err.Error())
		}
	}
	return e
}
