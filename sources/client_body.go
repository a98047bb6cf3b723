package sources

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
)

// readBody reads a body of at most limit bytes after decompression. Gzip is
// undone by net/http already when we asked for it; servers that compress
// unasked are met here. A body that breaks off is returned as far as it came,
// and short: the feed reader salvages what is there.
func readBody(answer *http.Response, limit int64) (body []byte, short bool, err error) {
	var r io.Reader = answer.Body
	switch enc := strings.ToLower(strings.TrimSpace(answer.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, false, problem(codeGarbage, err)
		}
		r = z
	case "deflate":
		// Named after the bare format, sent mostly in a zlib wrapper.
		b := bufio.NewReader(r)
		r = flate.NewReader(b)
		if head, err := b.Peek(2); err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
			z, err := zlib.NewReader(b)
			if err != nil {
				return nil, false, problem(codeGarbage, err)
			}
			r = z
		}
	default:
		return nil, false, problem(codeGarbage, fmt.Errorf("content encoding %q", enc))
	}
	body, err = io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return nil, false, tooLarge(limit)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && len(body) > 0 {
		return body, true, nil
	}
	return body, false, err
}

// secretName reports query parameters whose value is a key. The list is of
// protocol names, not of words.
func secretName(name string) bool {
	n := strings.ToLower(name)
	switch n {
	case "key", "k", "auth", "sig", "signature", "hash", "secret", "pass", "password", "pwd", "code", "sid", "session", "private", "user_token", "credentials":
		return true
	}
	for _, part := range []string{"token", "apikey", "api_key", "api-key", "accesskey", "access_key", "secret", "password", "auth_", "_auth", "feedkey", "feed_key"} {
		if strings.Contains(n, part) {
			return true
		}
	}
	return false
}

// publicName reports query parameters whose values look random and are known to everybody: YouTube's.
func publicName(name string) bool { return name == "channel_id" || name == "playlist_id" }

const (
	// secretLength and secretBits: a token has at least 20 characters and 3.2
	// bits each by its own letter frequencies. Slugs of headlines are told apart
	// by having no digits among their letters, or words between hyphens.
	secretLength = 20
	secretBits   = 3.2
)

// secretToken reports whether a path segment or value looks random.
func secretToken(s string) bool {
	if p, err := url.PathUnescape(s); err == nil {
		s = p
	}
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 6 {
		s = s[:i]
	}
	if len(s) < secretLength {
		return false
	}
	var count [128]int
	letters, digits, upper, changes := 0, 0, 0, 0
	last := byte(0)
	for i := range len(s) {
		c := s[i]
		var class byte
		switch {
		case c >= '0' && c <= '9':
			digits++
			class = 'd'
		case c >= 'a' && c <= 'z':
			letters++
			class = 'l'
		case c >= 'A' && c <= 'Z':
			upper++
			class = 'u'
		case c == '-' || c == '_' || c == '=' || c == '~':
			class = last
		default:
			return false
		}
		if class != last && last != 0 {
			changes++
		}
		last = class
		count[c]++
	}
	if letters+upper == 0 || digits == 0 && upper < 4 {
		return false
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	// A slug changes its kind of character at a date or number; a token does so all the time.
	return bits >= secretBits && changes*6 >= len(s)
}
