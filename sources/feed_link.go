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
	u, err := url.Parse(ref)
	if err != nil {
		return ""
	}
	if base != nil && !u.IsAbs() {
		u = base.ResolveReference(u)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return u.String()
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
