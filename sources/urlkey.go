package sources

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	_ "embed"

	"golang.org/x/net/idna"
)

//go:embed urlkey_params.txt
var urlkeyParams string

// trackers are query parameters that say how a reader came, not what is read;
// a name ending in "*" is a prefix.
var trackers = func() (t struct {
	names    map[string]bool
	prefixes []string
}) {
	t.names = map[string]bool{}
	for l := range strings.Lines(urlkeyParams) {
		l = strings.TrimSpace(l)
		switch {
		case l == "" || strings.HasPrefix(l, "#"):
		case strings.HasSuffix(l, "*"):
			t.prefixes = append(t.prefixes, strings.TrimSuffix(l, "*"))
		default:
			t.names[l] = true
		}
	}
	return t
}()

// Key returns the canonical form of an article's URL, by which the same
// article is known again: host in lower case without www., m. and amp.,
// no scheme, default port, fragment, tracking parameters or marks of the AMP
// edition, query sorted. It is a name, never to be requested. Key(Key(u)) ==
// Key(u). The error says why u is no absolute http(s) URL.
func Key(u string) (string, error) {
	raw := cleanURL(u)
	bare := !strings.HasPrefix(raw, "//") && !hasScheme(raw)
	if bare {
		raw = "//" + raw
	}
	p, err := url.Parse(raw)
	if err == nil && bare && p.User != nil {
		err = errors.New("an address without scheme names no user") // mailto:press@example.org
	}
	if err != nil {
		return "", fmt.Errorf("key of a URL: %w", withoutURL(err))
	}
	switch strings.ToLower(p.Scheme) {
	case "", "http", "https":
	default:
		return "", fmt.Errorf("key of a URL: scheme %q is not http or https", p.Scheme)
	}
	host := keyHost(p.Hostname())
	if host == "" {
		return "", fmt.Errorf("key of a URL: no host")
	}
	if port := p.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	return host + keyPath(p.EscapedPath()) + keyQuery(p.RawQuery, host), nil
}

// inNoHost reports letters that no host has (the forbidden code points of the URL Standard): an escaped one would be another
// part of the URL when the key is read again.
func inNoHost(r rune) bool {
	return r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("#%/:<>?@[\\]^|", r)
}

// hasScheme reports whether a URL begins with a scheme and "://", which its query may contain too.
func hasScheme(raw string) bool {
	scheme, _, ok := strings.Cut(raw, "://")
	return ok && strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// withoutURL unwraps the error of url.Parse, whose text repeats the URL and any secret in it.
func withoutURL(err error) error {
	if e, ok := err.(*url.Error); ok {
		return e.Err
	}
	return err
}

// keyHost is the canonical form of a host, "" for what is none.
func keyHost(h string) string {
	h = strings.TrimRight(strings.ToLower(h), ".")
	if strings.Contains(h, ":") {
		ip, err := netip.ParseAddr(h)
		if err != nil || !ip.Is6() {
			return ""
		}
		return "[" + ip.WithZone("").String() + "]"
	}
	if a, err := idna.Lookup.ToASCII(h); err == nil {
		h = strings.TrimRight(a, ".") // signs that are not seen may have stood behind the dots
	}
	if strings.ContainsFunc(h, inNoHost) {
		return ""
	}
	for {
		rest := h
		for _, p := range []string{"www.", "m.", "amp.", "mobile."} {
			if r := strings.TrimPrefix(rest, p); strings.Contains(r, ".") {
				rest = r
			}
		}
		if rest == h {
			return h
		}
		h = rest
	}
}

func keyPath(p string) string {
	p = normalEscapes(p)
	for {
		before := p
		if p != "" {
			slash := strings.HasSuffix(p, "/")
			p = path.Clean("/" + p)
			if slash && p != "/" {
				p += "/"
			}
		}
		p = strings.TrimSuffix(p, "/")
		p = strings.TrimSuffix(p, "/amp")
		if strings.HasSuffix(p, ".amp.html") {
			p = strings.TrimSuffix(p, ".amp.html") + ".html"
		} else {
			p = strings.TrimSuffix(p, ".amp")
		}
		if i := strings.LastIndexByte(p, '/'); i >= 0 {
			switch p[i+1:] {
			case "index.html", "index.htm", "index.php":
				p = p[:i]
			}
		}
		if p == before {
			return p
		}
	}
}

func keyQuery(q, host string) string {
	if q == "" {
		return ""
	}
	var keep []string
	for part := range strings.SplitSeq(strings.ReplaceAll(q, ";", "&"), "&") {
		part = normalEscapes(part) // first, so that a key is read as what it was made of
		name, value, _ := strings.Cut(part, "=")
		n := strings.ToLower(name)
		if un, err := url.QueryUnescape(n); err == nil {
			n = strings.ToLower(un)
		}
		switch {
		case part == "" || tracker(n):
			continue
		case n == "amp" || (n == "outputtype" && strings.EqualFold(value, "amp")):
			continue
		case n == "ref" && refersToSite(value, host):
			continue
		}
		keep = append(keep, part)
	}
	if len(keep) == 0 {
		return ""
	}
	slices.Sort(keep)
	return "?" + strings.Join(slices.Compact(keep), "&")
}

func tracker(name string) bool {
	if trackers.names[name] {
		return true
	}
	for _, p := range trackers.prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// refersToSite reports whether a ref parameter names the site itself, which
// is then a mark of where the reader came from and nothing more.
func refersToSite(value, host string) bool {
	v, err := url.QueryUnescape(value)
	if err != nil {
		return false
	}
	v = strings.ToLower(strings.TrimSuffix(v, "/"))
	v = strings.TrimPrefix(strings.TrimPrefix(v, "https://"), "http://")
	if v == "" {
		return true
	}
	return keyHost(v) == host
}

// normalEscapes decodes percent escapes of unreserved characters, writes the
// others in upper case, and escapes what should have been.
func normalEscapes(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && ishex(s[i+1]) && ishex(s[i+2]) {
			c = unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
			if !unreserved(c) {
				b.WriteByte('%')
				b.WriteByte(hex[c>>4])
				b.WriteByte(hex[c&15])
				continue
			}
		} else if c == '%' || c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}#", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func ishex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
