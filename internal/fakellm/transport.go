package fakellm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Transport serves requests without a socket. Under testing/synctest the clock moves on while such a request waits, which
// it does not for a socket. Whatever the server does to a connection, it does here too: an answer that is cut ends in
// io.ErrUnexpectedEOF, one that never came in io.EOF. It decompresses nothing.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ handler http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	in := r.Clone(ctx)
	in.Body = body
	in.RequestURI = r.URL.RequestURI()
	in.Host = r.URL.Host
	pr, pw := io.Pipe()
	w := &pipeWriter{header: http.Header{}, pipe: pw, ready: make(chan struct{})}
	go func() {
		defer body.Close()
		defer cancel()
		err := io.EOF
		defer func() {
			if p := recover(); p != nil {
				if p != http.ErrAbortHandler {
					panic(p)
				}
				if err = io.ErrUnexpectedEOF; !w.wrote() {
					err = errDropped
				}
			}
			w.finish(err)
		}()
		t.handler.ServeHTTP(w, in)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else {
			w.WriteHeader(http.StatusOK)
		}
	}()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if !w.wrote() && r.Context().Err() != nil {
			_ = pr.CloseWithError(r.Context().Err())
			return nil, r.Context().Err()
		}
	}
	<-w.ready
	if w.err != nil {
		return nil, w.err
	}
	stop := context.AfterFunc(r.Context(), func() { _ = pw.CloseWithError(r.Context().Err()) })
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, ContentLength: -1, Request: r,
		Body: &pipeBody{pr, func() { stop(); cancel() }},
	}, nil
}

var errDropped = errors.New("fakellm: the connection was dropped before an answer")

type pipeBody struct {
	*io.PipeReader
	end func()
}

func (b *pipeBody) Close() error {
	b.end()
	return b.PipeReader.Close()
}

// pipeWriter is the ResponseWriter of a request without a socket.
type pipeWriter struct {
	header http.Header
	pipe   *io.PipeWriter
	ready  chan struct{} // closed when the head is written, or will not be

	once   sync.Once
	mu     sync.Mutex
	status int
	sent   http.Header // as it was when the head was written
	err    error
}

func (w *pipeWriter) Header() http.Header { return w.header }
func (w *pipeWriter) Flush()              { w.WriteHeader(http.StatusOK) }

func (w *pipeWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.mu.Lock()
		w.status, w.sent = status, w.header.Clone()
		w.mu.Unlock()
		close(w.ready)
	})
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}

func (w *pipeWriter) wrote() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.status != 0
}

// finish ends the body with err, and the whole answer when it has no head yet.
func (w *pipeWriter) finish(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.ready)
	})
	_ = w.pipe.CloseWithError(err)
}
