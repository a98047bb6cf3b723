package sources

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestClientIgnoresProxies(t *testing.T) {
	w, proxy := newWeb(t), newWeb(t)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	w.text("/", "text/html", "hello")
	c := clientFor(t, ClientOptions{UserAgent: "Attache/1.0 (+mail@example.org)"}, w)
	res, err := c.do(t.Context(), request{url: w.URL + "/", accept: acceptPage, max: 100})
	if err != nil || string(res.body) != "hello" || len(proxy.requests()) != 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if tr := c.http.Transport.(*http.Transport); tr.Proxy != nil {
		t.Error("a proxy would dial past the guard")
	}
	h := w.lastHeader()
	if h.Get("User-Agent") != "Attache/1.0 (+mail@example.org)" || h.Get("Cookie") != "" || h.Get("Referer") != "" {
		t.Errorf("headers %v", h)
	}
}

func TestClientKeepsNoCookies(t *testing.T) {
	w := newWeb(t)
	w.on("/", func(rw http.ResponseWriter, r *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "id", Value: "1"})
		http.Redirect(rw, r, "/next", http.StatusFound)
	})
	w.text("/next", "text/html", "hello")
	c := clientFor(t, ClientOptions{}, w)
	if _, err := c.do(t.Context(), request{url: w.URL + "/", max: 100}); err != nil {
		t.Fatal(err)
	}
	if h := w.lastHeader(); h.Get("Cookie") != "" || h.Get("Referer") != "" {
		t.Errorf("headers %v", h)
	}
}

func TestClientRedirects(t *testing.T) {
	w, other := newWeb(t), newWeb(t)
	w.on("/loop", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/loop", http.StatusFound) })
	w.on("/many", func(rw http.ResponseWriter, r *http.Request) {
		q := len(r.URL.RawQuery)
		if q == 5 {
			_, _ = rw.Write([]byte("end"))
			return
		}
		http.Redirect(rw, r, "/many?"+strings.Repeat("x", q+1), http.StatusMovedPermanently)
	})
	w.on("/nowhere", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusFound) })
	w.on("/user", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "http://a:b@example.org/", http.StatusFound)
	})
	w.on("/file", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Location", "file:///etc/passwd")
		rw.WriteHeader(301)
	})
	w.on("/private", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "http://192.168.1.1/admin", http.StatusMovedPermanently)
	})
	w.on("/mixed", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/mixed2", http.StatusMovedPermanently)
	})
	w.on("/mixed2", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/mixed3", http.StatusFound) })
	w.text("/mixed3", "text/plain", "end")
	w.on("/away", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, other.URL+"/x", http.StatusFound) })
	other.text("/x", "text/plain", "end")
	c := clientFor(t, ClientOptions{}, w, other)
	for path, code := range map[string]string{"/loop": codeRedirects, "/nowhere": codeRedirectBad, "/user": codeRedirectBad, "/file": codeRedirectBad, "/private": codeRedirectIn} {
		_, err := c.do(t.Context(), request{url: w.URL + path, max: 100})
		if problemCode(t, err) != code {
			t.Errorf("%s: %v", path, err)
		}
	}
	w.requests()
	res, err := c.do(t.Context(), request{url: w.URL + "/many", max: 100})
	if err != nil || res.moved != w.URL+"/many?xxxxx" || len(w.requests()) != 6 {
		t.Errorf("%+v, %v", res, err)
	}
	// Only what is permanent from the start is believed.
	res, err = c.do(t.Context(), request{url: w.URL + "/mixed", max: 100})
	if err != nil || res.moved != w.URL+"/mixed2" || res.url != w.URL+"/mixed3" {
		t.Errorf("%+v, %v", res, err)
	}
	// Validators are for the server that gave them.
	if _, err = c.do(t.Context(), request{url: w.URL + "/away", etag: "x", lastModified: "y", max: 100}); err != nil {
		t.Fatal(err)
	}
	if h := other.lastHeader(); h.Get("If-None-Match") != "" || h.Get("If-Modified-Since") != "" {
		t.Errorf("headers %v", h)
	}
}

// zeros is a body of n zero bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func bomb(t *testing.T, n int64, wrap func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	z := wrap(&b)
	if _, err := io.Copy(z, zeros(n)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestClientBodies(t *testing.T) {
	const size, bombSize = 60 << 20, 24 << 20
	gz := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	raw := func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 6); return f }
	wrapped := func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
	small := strings.Repeat("hello ", 100)
	packed := func(wrap func(io.Writer) io.WriteCloser) []byte {
		var b bytes.Buffer
		z := wrap(&b)
		_, _ = z.Write([]byte(small))
		_ = z.Close()
		return b.Bytes()
	}
	for _, row := range []struct {
		name, encoding string
		body           []byte
		length         bool
		code           string
		short          bool
	}{
		{"60 MB feed", "", nil, true, codeTooLarge, false},
		{"60 MB feed without a length", "", nil, false, codeTooLarge, false},
		{"gzip bomb", "gzip", bomb(t, bombSize, gz), true, codeTooLarge, false},
		{"deflate bomb", "deflate", bomb(t, bombSize, raw), true, codeTooLarge, false},
		{"zlib bomb", "deflate", bomb(t, bombSize, wrapped), true, codeTooLarge, false},
		{"gzip", "gzip", packed(gz), true, "", false},
		{"old gzip", "x-gzip", packed(gz), true, "", false},
		{"deflate", "deflate", packed(raw), true, "", false},
		{"zlib", "Deflate", packed(wrapped), true, "", false},
		{"gzip cut short", "gzip", packed(gz)[:len(packed(gz))-9], true, "", true},
		{"gzip that is none", "x-gzip", []byte(small), true, codeGarbage, false},
		{"brotli unasked", "br", []byte(small), true, codeGarbage, false},
		{"plain", "identity", []byte(small), true, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(t)
			w.on("/", func(rw http.ResponseWriter, _ *http.Request) {
				if row.encoding != "" {
					rw.Header().Set("Content-Encoding", row.encoding)
				}
				if row.body == nil {
					if row.length {
						rw.Header().Set("Content-Length", fmt.Sprint(size))
					}
					_, _ = io.Copy(rw, zeros(size))
					return
				}
				_, _ = rw.Write(row.body)
			})
			c := clientFor(t, ClientOptions{}, w)
			res, err := c.do(t.Context(), request{url: w.URL + "/", max: c.opts.MaxBytes})
			if problemCode(t, err) != row.code {
				t.Fatalf("%v, want %q", err, row.code)
			}
			if row.code == codeTooLarge && !strings.Contains(err.Error(), "larger than 20 MB") {
				t.Errorf("%v", err)
			}
			if row.code == "" && (res.short != row.short || !row.short && string(res.body) != small || !strings.HasPrefix(small, string(res.body))) {
				t.Errorf("short %v, body %.40q", res.short, res.body)
			}
		})
	}
}

// A page of 20 MB keeps its teaser; the sentence says what is wrong.
func TestClientBigPage(t *testing.T) {
	w := newWeb(t)
	w.on("/", func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(rw, zeros(20<<20)) })
	c := clientFor(t, ClientOptions{}, w)
	if _, err := c.page(t.Context(), w.URL+"/"); problemCode(t, err) != codeTooLarge || !strings.Contains(err.Error(), "10 MB") {
		t.Errorf("%v", err)
	}
}

// Servers that dawdle are cut off: one that never answers, one whose header trickles, one whose body never ends.
func TestClientSlowServers(t *testing.T) {
	for name, row := range map[string]struct {
		send string // at once
		drip string // every second, for ever
		code string
	}{
		"silence":    {"", "", codeTimeout},
		"slow head":  {"HTTP/1.1 200 OK\r\n", "X: y\r\n", codeTimeout},
		"slow body":  {"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss><channel>", "<item/>", codeSlow},
		"no newline": {"HTTP/1.1 200", "0", codeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := clientFor(t, ClientOptions{})
				c.http.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() {
						defer func() { _ = theirs.Close() }()
						if _, err := http.ReadRequest(bufio.NewReader(theirs)); err != nil {
							return
						}
						if row.send != "" {
							if _, err := theirs.Write([]byte(row.send)); err != nil {
								return
							}
						}
						for {
							time.Sleep(time.Second)
							if row.drip == "" {
								_, _ = theirs.Read(make([]byte, 1)) // until the client hangs up
								return
							}
							if _, err := theirs.Write([]byte(row.drip)); err != nil {
								return
							}
						}
					}()
					return ours, nil
				}
				start := time.Now()
				_, err := c.do(t.Context(), request{url: "http://slow.example/feed", max: 1 << 20})
				if took := time.Since(start); problemCode(t, err) != row.code || took > defaultTimeout+time.Second {
					t.Errorf("%v after %v", err, took)
				}
				time.Sleep(2 * time.Second) // of the bubble: the server notices
			})
		})
	}
}

func TestClientHugeHeader(t *testing.T) {
	w := newWeb(t)
	w.on("/", func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("X", strings.Repeat("x", 2*maxHeader)) })
	c := clientFor(t, ClientOptions{}, w)
	if _, err := c.do(t.Context(), request{url: w.URL + "/", max: 100}); problemCode(t, err) != codeBroken {
		t.Errorf("%v", err)
	}
}

// What goes wrong on the wire has a sentence that tells nothing of the inside.
func TestClientWireProblems(t *testing.T) {
	gone := newWeb(t)
	c := clientFor(t, ClientOptions{Resolver: resolverFor(t, nil)}, gone)
	gone.Close()
	plain := newWeb(t)
	plain.text("/", "text/html", "hello")
	tls := clientFor(t, ClientOptions{}, plain)
	cut := newWeb(t)
	cut.on("/", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		name, url string
		c         *Client
		ctx       context.Context
		code      string
	}{
		{"refused", gone.URL, c, t.Context(), codeConnect},
		{"no such name", "http://nobody.test/", c, t.Context(), codeDNS},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), tls, t.Context(), codeTLS},
		{"cut", cut.URL, clientFor(t, ClientOptions{}, cut), t.Context(), codeBroken},
		{"stopped", plain.URL, tls, ctx, codeStopped},
	} {
		_, err := row.c.do(row.ctx, request{url: row.url, max: 100})
		if problemCode(t, err) != row.code {
			t.Errorf("%s: %q, want %q (%v)", row.name, problemCode(t, err), row.code, errors.Unwrap(err))
		}
		for _, inside := range []string{"127.0.0.1", "dial", "tcp", "lookup", "EOF", "Get "} {
			if err != nil && strings.Contains(err.Error(), inside) {
				t.Errorf("%s: %q is in the sentence %q", row.name, inside, err)
			}
		}
	}
}

func TestPrivateAndMasked(t *testing.T) {
	for raw, want := range map[string]struct {
		private bool
		masked  string
	}{
		"https://example.org/feed.xml":                                                 {false, "https://example.org/feed.xml"},
		"https://example.org/feed?lang=en&page=2":                                      {false, "https://example.org/feed?…"},
		"https://example.org/feed?key=abc":                                             {true, "https://example.org/feed?…"},
		"https://user:pw@example.org/feed":                                             {true, "https://example.org/feed"},
		"https://example.org/feed?access_token=1":                                      {true, "https://example.org/feed?…"},
		"https://example.org/private/4f9aK2mQ7xZp81LsT0vB/rss":                         {true, "https://example.org/private/…/rss"},
		"https://example.org/2025/03/04/ministers-meet-in-the-capital-again":           {false, "https://example.org/2025/03/04/ministers-meet-in-the-capital-again"},
		"https://example.org/news/communique-of-4-march-2025":                          {false, "https://example.org/news/communique-of-4-march-2025"},
		"https://www.youtube.com/feeds/videos.xml?channel_id=UCX6OQ3DkcsbYNE6H8uQQuVA": {false, "https://www.youtube.com/feeds/videos.xml?…"},
		"nonsense": {false, "…"},
	} {
		if got := Private(raw); got != want.private {
			t.Errorf("Private(%s) = %v", raw, got)
		}
		if got := Masked(raw); got != want.masked {
			t.Errorf("Masked(%s) = %s", raw, got)
		}
	}
}

// No public feed of the list is taken for a private one.
func TestPrivateOnRealFeeds(t *testing.T) {
	b, err := os.ReadFile(sharedFile(t, "sources/sources.csv"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for f := range strings.FieldsFuncSeq(string(b), func(r rune) bool { return strings.ContainsRune(",\"\n ", r) }) {
		if strings.HasPrefix(f, "http") {
			if n++; Private(f) {
				t.Errorf("%s is taken for private", f)
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d URLs", n)
	}
}

// What the operator has blocked is not asked, neither at once nor behind a redirect.
func TestClientRefused(t *testing.T) {
	w := newWeb(t)
	w.on("/leads", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/blocked", http.StatusFound) })
	w.text("/blocked", "text/plain", "words")
	w.text("/open", "text/plain", "words")
	var failing error
	c := clientFor(t, ClientOptions{Refused: func(_ context.Context, url string) (bool, error) { return url == w.URL+"/blocked", failing }}, w)
	for path, code := range map[string]string{"/blocked": codeBlocked, "/leads": codeBlocked} {
		if _, err := c.do(t.Context(), request{url: w.URL + path, max: 100}); problemCode(t, err) != code {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.do(t.Context(), request{url: w.URL + "/open", max: 100}); err != nil {
		t.Error(err)
	}
	failing = errors.New("the database is away")
	if _, err := c.do(t.Context(), request{url: w.URL + "/open", max: 100}); problemCode(t, err) != codeStopped {
		t.Errorf("error %v", err)
	}
	if got := w.requests(); len(got) != 2 { // that of /leads, and that of /open
		t.Errorf("asked: %v", got)
	}
}
