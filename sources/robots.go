package sources

import (
	"bytes"
	"strings"
)

const (
	// robotsMax is how much of a robots.txt is read (RFC 9309, 2.5: at least 500 KiB).
	robotsMax = 500 << 10
	// robotsLine is how long a line may be; what is beyond is cut, as Google's reader does with lines of eight times a URL.
	robotsLine = 8 * 2083
)

// Robots are the rules of a robots.txt (RFC 9309): which of its pages a host lets programs read, by their name. The zero
// value allows everything.
type Robots struct {
	groups []robotsGroup
	// Sitemaps are the addresses of sitemaps that the file names, as they stand there.
	Sitemaps []string
}

// A robotsGroup is some names with the rules that follow them.
type robotsGroup struct {
	agents []string // in small letters; "*" is everybody
	rules  []robotsRule
}

type robotsRule struct {
	allow   bool
	pattern string // percent-encoded; "*" is anything, "$" at its end the end
}

// ParseRobots reads a robots.txt. Whatever it is, it yields rules: lines that say nothing are passed over, and what people
// write often is taken for what they meant, as Google's reader does (no colon, "dissallow", "user agent").
func ParseRobots(b []byte) *Robots {
	b = bytes.TrimPrefix(b[:min(len(b), robotsMax)], []byte("\xef\xbb\xbf"))
	r := &Robots{}
	named := false // the last line that counts named somebody
	for len(b) > 0 {
		line := b
		if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		key, value := robotsPair(string(line[:min(len(line), robotsLine)]))
		switch key {
		case "user-agent":
			if !named {
				r.groups = append(r.groups, robotsGroup{})
			}
			named = true
			g := &r.groups[len(r.groups)-1]
			g.agents = append(g.agents, robotsAgent(value))
		case "allow", "disallow":
			named = false
			if len(r.groups) > 0 {
				g := &r.groups[len(r.groups)-1]
				g.rules = append(g.rules, robotsRule{key == "allow", robotsEscape(value)})
			}
		case "sitemap":
			if value != "" {
				r.Sitemaps = append(r.Sitemaps, value)
			}
		}
	}
	return r
}

// robotsKeys are the words that lines begin with, and how they are misspelt.
var robotsKeys = map[string]string{
	"user-agent": "user-agent", "useragent": "user-agent", "user agent": "user-agent",
	"allow":    "allow",
	"disallow": "disallow", "dissallow": "disallow", "dissalow": "disallow", "disalow": "disallow", "diasllow": "disallow", "disallaw": "disallow",
	"sitemap": "sitemap", "site-map": "sitemap",
}

// robotsPair cuts a line into what it is about and what it says; the key is "" when it is about nothing that is known.
func robotsPair(line string) (key, value string) {
	line, _, _ = strings.Cut(line, "#")
	line = strings.Trim(line, " \t\v\f\x00")
	key, value, ok := strings.Cut(line, ":")
	if !ok { // two words are meant as a pair
		words := strings.Fields(line)
		if len(words) != 2 {
			return "", ""
		}
		key, value = words[0], words[1]
	}
	return robotsKeys[strings.ToLower(strings.TrimSpace(key))], strings.TrimSpace(value)
}

// robotsAgent is the name in a user-agent line: letters, "_" and "-" (RFC 9309, 2.2.1), or "*".
func robotsAgent(s string) string {
	if s == "*" || strings.HasPrefix(s, "* ") || strings.HasPrefix(s, "*\t") {
		return "*"
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_')
	})
	if end >= 0 {
		s = s[:end]
	}
	return strings.ToLower(s)
}

// Allowed reports whether the program named agent, a name without version, may read url. The rules of the groups that name it hold together, else those
// for everybody; of those that match the longest decides, and of two alike the one that allows (RFC 9309, 2.2.2).
func (r *Robots) Allowed(agent, url string) bool {
	path := robotsPath(url)
	if allowed, said := r.say(strings.ToLower(agent), path); said && agent != "" {
		return allowed
	}
	allowed, _ := r.say("*", path)
	return allowed
}

// say is what the groups of a name say of a path; said is whether there are any.
func (r *Robots) say(agent, path string) (allowed, said bool) {
	longest := 0
	allowed = true
	for _, g := range r.groups {
		named := false
		for _, a := range g.agents {
			named = named || a == agent
		}
		if !named {
			continue
		}
		said = true
		for _, rule := range g.rules {
			n, ok := rule.match(path)
			if ok && (n > longest || n == longest && rule.allow) {
				longest, allowed = n, rule.allow || n == 0
			}
		}
	}
	return allowed, said
}

// match reports whether a rule matches a path, and how long what matches is written. A page that is allowed as index.html is
// allowed as the folder that shows it, too.
func (r robotsRule) match(path string) (n int, ok bool) {
	if robotsMatch(path, r.pattern) {
		return len(r.pattern), true
	}
	slash := strings.LastIndexByte(r.pattern, '/')
	if r.allow && slash >= 0 && strings.HasPrefix(r.pattern[slash+1:], "index.htm") {
		folder := r.pattern[:slash+1] + "$"
		return len(folder), robotsMatch(path, folder)
	}
	return 0, false
}

// robotsMatch reports whether a pattern matches the beginning of a path. It takes as many steps as both are long together
// times the number of stars, whatever the pattern.
func robotsMatch(path, pattern string) bool {
	end := strings.HasSuffix(pattern, "$")
	pieces := strings.Split(strings.TrimSuffix(pattern, "$"), "*")
	if !strings.HasPrefix(path, pieces[0]) {
		return false
	}
	rest := path[len(pieces[0]):]
	if len(pieces) == 1 {
		return !end || rest == ""
	}
	for i, piece := range pieces[1:] {
		if i == len(pieces)-2 && end {
			return strings.HasSuffix(rest, piece)
		}
		at := strings.Index(rest, piece)
		if at < 0 {
			return false
		}
		rest = rest[at+len(piece):]
	}
	return true
}

// robotsPath is what of a URL rules are about: path, parameters and query, percent-encoded as patterns are.
func robotsPath(url string) string {
	rest := url
	if i := strings.Index(rest, "://"); i >= 0 && !strings.ContainsAny(rest[:i], "/?;#") {
		rest = rest[i+3:]
	} else {
		rest = strings.TrimPrefix(rest, "//")
	}
	if i := strings.IndexAny(rest, "/?;#"); i >= 0 {
		rest = rest[i:]
	} else {
		rest = ""
	}
	rest, _, _ = strings.Cut(rest, "#")
	if !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return robotsEscape(rest)
}

// robotsEscape percent-encodes what is not ASCII, and writes the digits of what is encoded large.
func robotsEscape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 0x80:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteString("%" + strings.ToUpper(s[i+1:i+3]))
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
