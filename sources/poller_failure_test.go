package sources

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestVisitFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		code   string
		atMin  time.Duration // until the next visit
		atMax  time.Duration
		gone   bool
	}{
		{"gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, codeGone, 0, maxWait, true},
		{"not found", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, codeNotFound, 26 * time.Minute, 30 * time.Minute, false},
		{"throttled", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(429)
		}, codeThrottled, 2 * time.Hour, 2 * time.Hour, false},
		{"busy until a date", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", time.Date(2025, 3, 4, 11, 0, 0, 0, time.UTC).Format(http.TimeFormat))
			w.WriteHeader(503)
		}, codeServer, 3 * time.Hour, 3 * time.Hour, false},
		{"for ever", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999999")
			w.WriteHeader(429)
		}, codeThrottled, maxWait, maxWait, false},
		{"not modified unasked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, codeStatus, 26 * time.Minute, 30 * time.Minute, false},
		{"empty", func(w http.ResponseWriter, _ *http.Request) {}, codeEmpty, 26 * time.Minute, 30 * time.Minute, false},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(pageOf("Ferries", "ferries"))) }, codePage, 26 * time.Minute, 30 * time.Minute, false},
		{"an image", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\x89PNG\r\n\x1a\n0000")) }, codeMedia, 26 * time.Minute, 30 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.web.on("/feed.xml", c.answer)
			o := b.visitOnce(t)
			if problemCode(t, o.Err) != c.code || o.Gone != c.gone || o.Failures != 1 || len(o.Articles) != 0 {
				t.Fatalf("%+v", o)
			}
			if wait := o.Next.Sub(o.At); wait < c.atMin || wait > c.atMax {
				t.Errorf("next visit in %v", wait)
			}
			if !strings.Contains(b.log.String(), "problem="+c.code) {
				t.Errorf("log: %s", b.log)
			}
		})
	}
}

func TestVisitFailureKeepsValidators(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"One", b.web.URL + "/1", "", long("one")})
	b.visitOnce(t)
	b.web.on("/feed.xml", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	for i := range 3 {
		if o := b.visitOnce(t); o.ETag != "1" || o.Failures != i+1 {
			t.Fatalf("%+v", o)
		}
	}
	b.feed("1")
	if o := b.visitOnce(t); !o.NotModified || o.Failures != 0 || o.Err != nil {
		t.Errorf("%+v", o)
	}
}

func TestVisitPanicStaysWithItsSource(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"One", b.web.URL + "/1", "", long("one")})
	b.desk.onKnown = func(int64) error { panic("boom") }
	o := b.visitOnce(t)
	if problemCode(t, o.Err) != codeDefect || o.Failures != 1 || !o.Next.After(o.At) {
		t.Errorf("%+v", o)
	}
	if !strings.Contains(b.log.String(), "boom") || !strings.Contains(b.log.String(), "poller_visit_test.go") {
		t.Errorf("log: %s", b.log)
	}
	if strings.Contains(o.Err.Error(), "boom") {
		t.Error("people read the panic")
	}
}

// The store cannot say what is known: nothing is saved, so nothing can be lost.
func TestVisitWithoutStore(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"One", b.web.URL + "/1", "", long("one")})
	b.desk.onKnown = func(int64) error { return errors.New("database is locked") }
	v := b.row(1).Visit
	b.visit(t.Context(), v)
	b.visit(t.Context(), v)
	if n := len(b.outcomes()); n != 0 {
		t.Errorf("%d outcomes", n)
	}
	if n := strings.Count(b.log.String(), "database is locked"); n != 1 {
		t.Errorf("%d lines: %s", n, b.log)
	}
}

func TestVisitNeverLogsASecret(t *testing.T) {
	const secret = "s3cr3tT0ken9876543210"
	b := newBench(t)
	b.desk.rows[1].URL = b.web.URL + "/private/" + secret + "?key=" + secret
	b.desk.rows[1].Private = true
	for _, answer := range []http.HandlerFunc{
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/"+secret, http.StatusFound)
		},
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
		func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>" + secret)) },
		func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(feedOf(entryOf{"One", "http://10.0.0.1/" + secret, "", "Short."})))
		},
	} {
		b.web.on("/private/"+secret, answer)
		o := b.visitOnce(t)
		if o.Err != nil && strings.Contains(o.Err.Error(), secret) {
			t.Errorf("%v", o.Err)
		}
		if strings.Contains(strings.Join(o.Warnings, ""), secret) {
			t.Errorf("%q", o.Warnings)
		}
	}
	b.desk.onKnown = func(int64) error { panic("at " + secret) }
	b.visitOnce(t)
	b.desk.onKnown = func(int64) error { return fmt.Errorf("no row %s", secret) }
	b.visit(t.Context(), b.row(1).Visit)
	b.web.Close()
	b.desk.onKnown = nil
	b.visitOnce(t)
	if l := b.log.String(); strings.Contains(l, secret) || !strings.Contains(l, "source=1") {
		t.Errorf("log: %s", l)
	}
}
