package sources

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
)

// A file is taken from a host that was named and from no other: not when the address names another, nor when that host
// leads there; no larger than is said, and whole.
func TestReadFile(t *testing.T) {
	w, other := newWeb(t), newWeb(t)
	w.text("/list", "text/xml", "a list")
	other.text("/list", "text/xml", "another list")
	w.on("/leads", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, other.URL+"/list", http.StatusFound)
	})
	w.on("/near", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/list", http.StatusFound) })
	w.text("/large", "text/xml", string(bytes.Repeat([]byte("x"), 101)))
	bombed := bomb(t, 1<<20, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	w.on("/bomb", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip")
		_, _ = rw.Write(bombed)
	})
	w.on("/short", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "90")
		_, _ = io.WriteString(rw, "only so much")
	})
	c := clientFor(t, ClientOptions{Refused: func(_ context.Context, url string) (bool, error) { return url == w.URL+"/blocked", nil }}, w, other)
	hosts := []string{"cdn.example", hostPort(t, w.URL)}
	if got, err := c.ReadFile(t.Context(), w.URL+"/list", hosts, 100); err != nil || string(got) != "a list" {
		t.Errorf("%q, %v", got, err)
	}
	if u := w.lastHeader(); u.Get("Authorization")+u.Get("Cookie") != "" {
		t.Errorf("sent %v", u)
	}
	w.requests()
	for url, want := range map[string]string{
		other.URL + "/list": "elsewhere", "https://cdn.example.evil.example/list": "elsewhere", "http://cdn.example/list": "elsewhere", // plain http could be anybody's
		"https://cdn.example:8443/list": codePort, "https://cdn.example@127.0.0.1/list": codeUser, "https://169.254.169.254/latest": codePrivate, "https://[::1]/list": codePrivate,
		"file:///etc/passwd": codeScheme, "": codeScheme, w.URL + "/leads": "elsewhere", w.URL + "/near": "elsewhere",
		w.URL + "/large": codeTooLarge, w.URL + "/bomb": codeTooLarge, w.URL + "/short": codeBroken, w.URL + "/none": codeNotFound, w.URL + "/blocked": codeBlocked,
	} {
		got, err := c.ReadFile(t.Context(), url, hosts, 100)
		if code := "elsewhere"; got != nil || want == code && !errors.Is(err, ErrElsewhere) || want != code && problemCode(t, err) != want {
			t.Errorf("%s: %q, %v; want %s", url, got, err, want)
		}
	}
	if got := other.requests(); len(got) != 0 {
		t.Errorf("another host was asked for %q", got)
	}
}

func TestJudge(t *testing.T) {
	c := clientFor(t, ClientOptions{Refused: func(_ context.Context, url string) (bool, error) { return url == "https://blocked.example/feed", nil }})
	for raw, want := range map[string]string{
		"harbour.example/feed": "https://harbour.example/feed", "HTTP://Harbour.example:80/feed#top": "http://harbour.example/feed", "feed://harbour.example/a": "https://harbour.example/a",
	} {
		if got, err := c.Judge(t.Context(), raw); err != nil || got != want {
			t.Errorf("%s: %q, %v", raw, got, err)
		}
	}
	for raw, want := range map[string]string{
		"http://10.0.0.5/feed": codePrivate, "http://localhost/feed": codePrivate, "http://2130706433/": codePrivate, "https://a:b@harbour.example/": codeUser,
		"javascript:alert(1)": codeScheme, "https://harbour.example:22/": codePort, "https://blocked.example/feed": codeBlocked, "": codeURL,
	} {
		if got, err := c.Judge(t.Context(), raw); problemCode(t, err) != want {
			t.Errorf("%s: %q, %v; want %s", strconv.Quote(raw), got, err, want)
		}
	}
}
