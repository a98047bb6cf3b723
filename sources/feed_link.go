package sources

import (
	"net/url"
	"strings"
)

// absolute resolves ref against base and returns an absolute http(s) URL, or "" when there is none to be had.
func absolute(base *url.URL, ref string) string {
	ref = cleanURL(ref)
	if ref == "" {
		return ""
	}
	u, err := resolve(base, ref)
	if err != nil {
		return ""
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return u.String()
}

// resolve reads ref as it stands in a document at base, which may be nil. "//a:1:2" is a host to url.Parse until it has a scheme:
// what names a host is read again with the one it has got.
func resolve(base *url.URL, ref string) (*url.URL, error) {
	u, err := url.Parse(ref)
	if err != nil || base == nil || u.IsAbs() {
		return u, err
	}
	whole := base.ResolveReference(u)
	if u.Host == "" {
		return whole, nil
	}
	return url.Parse(whole.String())
}

// cleanURL drops what line breaks and careless templates leave inside a URL:
// space at the ends, line ends and tabs anywhere; inner spaces are encoded.
func cleanURL(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.NewReplacer("\r", "", "\n", "", "\t", "", " ", "%20").Replace(s)
}
