package sources

import (
	_ "embed"
	"strings"
)

//go:embed repair_namespaces.txt
var repairNamespaces string

// usualPrefixes maps a namespace URI, without its scheme and in lower case, to
// the prefix the rest of the package knows it by; "" is the vocabulary of feeds themselves.
var usualPrefixes = func() map[string]string {
	m := map[string]string{}
	for l := range strings.Lines(repairNamespaces) {
		f := strings.Fields(l)
		if len(f) == 2 && !strings.HasPrefix(l, "#") {
			p := f[0]
			if p == "-" {
				p = ""
			}
			m[normalNamespace(f[1])] = p
		}
	}
	return m
}()

func normalNamespace(uri string) string {
	uri = strings.ToLower(strings.TrimSpace(uri))
	uri = strings.TrimPrefix(strings.TrimPrefix(uri, "http://"), "https://")
	uri = strings.TrimPrefix(uri, "www.")
	return strings.TrimRight(uri, "/#")
}

type binding struct {
	depth  int
	prefix string // as written in the document
	usual  string // what the package calls it
}

// namespaces turns the prefixes of a document into the usual ones. A prefix
// that was never declared means what it usually means.
type namespaces struct {
	bound []binding
	root  string // the root element's namespace is native, whatever it is
	has   bool
	cache map[string][2]string
	atom  bool
}

func (s *namespaces) init() { s.cache = map[string][2]string{} }

// declare reads the xmlns attributes of the element about to be opened at a depth.
func (s *namespaces) declare(depth int, attrs []attr) {
	for _, a := range attrs {
		prefix := ""
		switch {
		case a.name == "xmlns":
		case strings.HasPrefix(a.name, "xmlns:"):
			prefix = a.name[6:]
		default:
			continue
		}
		usual, ok := usualPrefixes[normalNamespace(a.value)]
		if !ok {
			usual = prefix
		}
		if len(s.bound) >= 4*maxDepth {
			continue
		}
		s.bound = append(s.bound, binding{depth, prefix, usual})
		clear(s.cache)
	}
}

// leave forgets what the element at a depth declared.
func (s *namespaces) leave(depth int) {
	n := len(s.bound)
	for n > 0 && s.bound[n-1].depth >= depth {
		n--
	}
	if n < len(s.bound) {
		s.bound = s.bound[:n]
		clear(s.cache)
	}
}

// element returns the name the package uses for an element and its local name as written.
func (s *namespaces) element(raw string, root bool) (name, local string) {
	if c, ok := s.cache[raw]; ok && !root {
		return c[0], c[1]
	}
	prefix, local := "", raw
	if i := strings.IndexByte(raw, ':'); i >= 0 {
		prefix, local = strings.ToLower(raw[:i]), raw[i+1:]
	}
	usual := prefix
	for i := len(s.bound) - 1; i >= 0; i-- {
		if s.bound[i].prefix == prefix {
			usual = s.bound[i].usual
			break
		}
	}
	lower := strings.ToLower(local)
	if root && (lower == "rss" || lower == "feed" || lower == "channel" || lower == "rdf") && !s.has {
		s.root, s.has, s.atom = usual, true, lower == "feed"
		if lower == "rdf" {
			s.root = ""
		}
	}
	switch {
	case s.has && usual == s.root, usual == "rss", usual == "xhtml", usual == "atom" && s.atom:
		usual = ""
	}
	name = lower
	if usual != "" {
		name = usual + ":" + lower
	}
	if len(s.cache) < 512 {
		s.cache[raw] = [2]string{name, local}
	}
	return name, local
}
