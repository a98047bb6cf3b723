package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// A node is a value of JSON. The zero node is one that is not there.
type node struct {
	kind  byte   // '{', '[', '"', '0' of all numbers, 't', 'f', 'n'; 0 when not there
	raw   []byte // as written
	names []string
	items []node // of an array; of an object, in the order of names
}

// get returns an object's member, the zero node when there is none.
func (n node) get(name string) node {
	for i, s := range n.names {
		if s == name {
			return n.items[i]
		}
	}
	return node{}
}

// text is what a string says; "" of anything else.
func (n node) text() string {
	var s string
	if n.kind == '"' {
		_ = json.Unmarshal(n.raw, &s) // parse has seen it
	}
	return s
}

// says tells a value from none: a member that is missing, null, false, an empty string or an empty array says nothing.
func (n node) says() bool {
	switch n.kind {
	case 0, 'n', 'f':
		return false
	case '"':
		return len(n.raw) > len(`""`)
	case '[':
		return len(n.items) > 0
	}
	return true
}

// parse reads JSON more strictly than encoding/json does: the text must be valid UTF-8, an object must not have two
// members of one name, half a surrogate pair is refused, and depth and the number of values are bounded.
func parse(b []byte, depth, values int) (node, error) {
	if !utf8.Valid(b) {
		return node{}, errors.New("not valid UTF-8")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(b, &whole); err != nil {
		return node{}, fmt.Errorf("not JSON: %w", err)
	}
	s := scanner{b: b, depth: depth, values: values}
	return s.value()
}

// A scanner walks over JSON that is known to be valid.
type scanner struct {
	b             []byte
	at            int
	depth, values int // that are left
}

func (s *scanner) skip() byte {
	for s.at < len(s.b) && bytes.IndexByte([]byte(" \t\r\n,:"), s.b[s.at]) >= 0 {
		s.at++
	}
	return s.b[s.at]
}

func (s *scanner) value() (node, error) {
	c := s.skip()
	if s.values--; s.values < 0 {
		return node{}, errors.New("too many values")
	}
	start := s.at
	n := node{kind: c}
	switch c {
	case '{', '[':
		if s.depth--; s.depth < 0 {
			return node{}, errors.New("too deeply nested")
		}
		seen := map[string]bool{}
		s.at++
		for end := c + 2; s.skip() != end; { // '{'+2 is '}', '['+2 is ']'
			if c == '{' {
				name, err := s.str()
				if err != nil {
					return node{}, err
				}
				if seen[name] {
					return node{}, fmt.Errorf("the member %q stands twice", name)
				}
				seen[name] = true
				n.names = append(n.names, name)
			}
			item, err := s.value()
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		s.at++
		s.depth++
	case '"':
		if _, err := s.str(); err != nil {
			return node{}, err
		}
	default: // a number or a word
		for s.at < len(s.b) && bytes.IndexByte([]byte(" \t\r\n,]}"), s.b[s.at]) < 0 {
			s.at++
		}
		if c != 't' && c != 'f' && c != 'n' {
			n.kind = '0'
		}
	}
	n.raw = s.b[start:s.at]
	return n, nil
}

// str reads a string.
func (s *scanner) str() (string, error) {
	start := s.at
	high := false // the last letter was the first half of a pair
	for s.at++; s.b[s.at] != '"'; {
		c := s.b[s.at]
		s.at++
		half := 0 // 1 and 2 are the halves of a surrogate pair
		if c == '\\' {
			if s.b[s.at] == 'u' {
				switch hex := bytes.ToLower(s.b[s.at+1 : s.at+3]); {
				case hex[0] == 'd' && hex[1] >= '8' && hex[1] <= 'b':
					half = 1
				case hex[0] == 'd' && hex[1] >= 'c':
					half = 2
				}
				s.at += len("u0000")
			} else {
				s.at++
			}
		}
		if high != (half == 2) {
			return "", errors.New("half a surrogate pair in a string")
		}
		high = half == 1
	}
	s.at++
	if high {
		return "", errors.New("half a surrogate pair in a string")
	}
	var text string
	err := json.Unmarshal(s.b[start:s.at], &text)
	return text, err
}
