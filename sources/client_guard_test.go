package sources

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// resolverFor answers look-ups of names with addresses; of others it knows nothing.
func resolverFor(t *testing.T, names map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}
			m.Additionals = nil
			addrs, ok := names[strings.TrimSuffix(strings.ToLower(q.Name.String()), ".")]
			if !ok {
				m.RCode = dnsmessage.RCodeNameError
			}
			for _, s := range addrs {
				a := netip.MustParseAddr(s)
				h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0}
				switch {
				case q.Type == dnsmessage.TypeA && a.Is4():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
				case q.Type == dnsmessage.TypeAAAA && a.Is6():
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// refusals of the guard itself: a URL that ends in one of these was never connected to.
var guardCodes = []string{codePrivate, codeURL, codeScheme, codeUser, codePort, codeRedirectIn, codeRedirectBad}

// Every URL that would reach an internal address without a guard is refused by it, not by chance.
func TestGuardSSRF(t *testing.T) {
	b, err := os.ReadFile(sharedFile(t, "eval/ssrf/ssrf_urls.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ URL, Expect string }
	if err := json.Unmarshal(b, &rows); err != nil || len(rows) < 40 {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	w := newWeb(t)
	w.on("/", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	c := clientFor(t, ClientOptions{Resolver: resolverFor(t, map[string][]string{
		"priv.test": {"10.1.2.3"}, "priv6only.test": {"fd12::1"}, "mapped.test": {"::ffff:127.0.0.1"}, "nat64.test": {"64:ff9b::7f00:1"},
		"compat.test": {"::127.0.0.1"}, "both.test": {"127.0.0.1", "::1"}, "rebind.test": {"127.0.0.1"}, "rebind2.test": {"192.168.0.1"},
	})}, w)
	blocked := 0
	for _, row := range rows {
		u := row.URL
		if rest, ok := strings.CutPrefix(u, "http://pub.test/?to="); ok {
			u = w.URL + "/?to=" + rest
		} else if strings.HasPrefix(row.Expect, "REACHED") && !strings.Contains(u, "@") && !strings.Contains(u, ":22") && !strings.Contains(u, ":8080") {
			continue // a public server: nothing to refuse, and no network to see it
		}
		_, err := c.do(t.Context(), request{url: u, max: 1 << 20})
		if code := problemCode(t, err); !slices.Contains(guardCodes, code) {
			t.Errorf("%s: %q, want a refusal", row.URL, code)
		}
		if err != nil && (strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "192.168") || strings.Contains(err.Error(), "/etc")) {
			t.Errorf("%s: the sentence tells of the inside: %v", row.URL, err)
		}
		if row.Expect == "block" {
			blocked++
		}
	}
	if blocked < 41 {
		t.Errorf("only %d of the 41 blocked URLs were tried", blocked)
	}
}

func TestGuardURLs(t *testing.T) {
	c := clientFor(t, ClientOptions{AllowPrivate: []string{"127.0.0.1:8765", "feeds.internal:80"}, Ports: []int{8443}})
	for u, code := range map[string]string{
		"http://[fe80::1%25lo]/":                            codePrivate,
		"http://[::1%25eth0]:80/":                           codePrivate,
		"https://user@example.org/":                         codeUser,
		"https://user:pw@example.org/feed":                  codeUser,
		"https://example.org:22/":                           codePort,
		"https://example.org:8080/":                         codePort,
		"https://example.org:8443/feed":                     "",
		"https://example.org:0/":                            codePort,
		"https://example.org:99999/":                        codePort,
		"https://example.org/feed#top":                      "",
		"HTTP://EXAMPLE.ORG:80/feed":                        "",
		"http://example.org:443/":                           "",
		"ftp://example.org/":                                codeScheme,
		"javascript:alert(1)":                               codeScheme,
		"//example.org/feed":                                codeScheme,
		"http:/example.org":                                 codeURL,
		"http:example.org":                                  codeURL,
		"http://":                                           codeURL,
		"http://exa mple.org/":                              codeURL,
		"http://example.org/" + strings.Repeat("a", maxURL): codeURL,
		"http://127.0.0.1:8765/feed":                        "",
		"http://127.0.0.1:8766/feed":                        codePrivate,
		"http://127.0.0.1/feed":                             codePrivate,
		"http://feeds.internal/x":                           "",
		"http://feeds.internal:8443/x":                      "",
		"http://localhost.localdomain/":                     codePrivate,
		"http://a.localhost/":                               codePrivate,
		"http://1.2.3.4.5/":                                 codePrivate,
		"http://0x7f.1/":                                    codePrivate,
		"http://müller.example/feed":                        "",
		"http://under_score.example.org/":                   "",
		"http://[2001:db8::1]/":                             codePrivate,
		"http://[::ffff:8.8.8.8]/":                          codePrivate,
		"http://168.63.129.16/":                             codePrivate,
		"http://255.255.255.255/":                           codePrivate,
	} {
		got, err := c.guard.parse(u)
		if problemCode(t, err) != code {
			t.Errorf("%.60s: %v (%v), want %q", u, err, got, code)
		}
	}
	if u, err := c.guard.parse("HTTP://MÜLLER.example:80/Feed?a#b"); err != nil || u.String() != "http://xn--mller-kva.example/Feed?a" {
		t.Errorf("%v, %v", u, err)
	}
}

// What a name resolves to is judged when it is dialled, each time.
func TestGuardDial(t *testing.T) {
	own := netip.MustParseAddr("198.51.99.7")
	c := clientFor(t, ClientOptions{AllowPrivate: []string{"127.0.0.1:8765", "feeds.internal:80", "metadata.internal:80"}})
	c.guard.own = func() []netip.Addr { return []netip.Addr{own} }
	for _, row := range []struct {
		host, network, addr string
		ok                  bool
	}{
		{"example.org:443", "tcp4", "93.184.216.34:443", true},
		{"example.org:443", "tcp6", "[2606:2800:220:1::1]:443", true},
		{"example.org:443", "tcp4", "93.184.216.34:22", false},
		{"example.org:443", "udp4", "93.184.216.34:443", false},
		{"example.org:80", "tcp4", "127.0.0.1:80", false},
		{"example.org:80", "tcp6", "[::ffff:10.0.0.1]:80", false},
		{"example.org:80", "tcp6", "[fe80::1%eth0]:80", false},
		{"example.org:80", "tcp4", "198.51.99.7:80", false}, // our own public address
		{"example.org:80", "tcp4", "168.63.129.16:80", false},
		{"127.0.0.1:8765", "tcp4", "127.0.0.1:8765", true},
		{"127.0.0.1:8765", "tcp4", "127.0.0.2:8765", false},
		{"feeds.internal:80", "tcp4", "10.0.0.5:80", true},
		{"feeds.internal:80", "tcp4", "93.184.216.34:80", true},
		{"metadata.internal:80", "tcp4", "169.254.169.254:80", false}, // not even when a name was allowed
		{"metadata.internal:80", "tcp6", "[fe80::1%eth0]:80", false},
	} {
		if err := c.guard.control(row.host)(row.network, row.addr, nil); (err == nil) != row.ok {
			t.Errorf("%s dials %s: %v", row.host, row.addr, err)
		}
	}
	if c.guard.own = ownAddresses; len(ownAddresses()) == 0 {
		t.Error("no addresses of this machine are known")
	}
}

func TestNewClientRefuses(t *testing.T) {
	for _, o := range []ClientOptions{
		{AllowPrivate: []string{"10.0.0.1"}}, {AllowPrivate: []string{":80"}}, {AllowPrivate: []string{"host:http"}},
		{AllowPrivate: []string{"http://host:80"}}, {Ports: []int{22}},
	} {
		if _, err := NewClient(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
