package model

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// The bounds of Decode. A brief of 12 bullets has a depth of 3 and 70 values in 5 KB.
const (
	maxContent = 256 << 10 // bytes
	maxDepth   = 16
	maxValues  = 5_000
)

// Decode reads the JSON of a reply into v, a pointer. encoding/json is made for programs that mean well: it takes members
// that nobody asked for, names in another case, one name twice, null for anything, half a surrogate pair. Decode takes
// none of these. Every field without omitempty must be there, null is only for pointers and interfaces, and nothing may
// stand before or after the value, no fence either. On an error v is as it was.
func Decode(content string, v any) error {
	if len(content) > maxContent {
		return fmt.Errorf("decode the reply: it has %d bytes, more than %d", len(content), maxContent)
	}
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("decode the reply: into a %T, which is no pointer", v)
	}
	n, err := parse([]byte(content), maxDepth, maxValues)
	if err != nil {
		return fmt.Errorf("decode the reply: %w", err)
	}
	t := to.Type().Elem()
	if err := fits(n, t, ""); err != nil {
		return fmt.Errorf("decode the reply: %w", err)
	}
	fresh := reflect.New(t)
	if err := json.Unmarshal([]byte(content), fresh.Interface()); err != nil {
		return fmt.Errorf("decode the reply: %w", err)
	}
	to.Elem().Set(fresh.Elem())
	return nil
}

var (
	jsonReader = reflect.TypeFor[json.Unmarshaler]()
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// fits compares a value with a type as far as encoding/json would let pass what is wrong; the rest is left to it.
func fits(n node, t reflect.Type, at string) error {
	if n.kind == 'n' && t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		return fmt.Errorf("%s is null", place(at))
	}
	if p := reflect.PointerTo(t); p.Implements(jsonReader) || p.Implements(textReader) {
		return nil // it reads for itself
	}
	switch t.Kind() {
	case reflect.Pointer:
		if n.kind != 'n' {
			return fits(n, t.Elem(), at)
		}
	case reflect.Slice, reflect.Array:
		if n.kind != '[' {
			return fmt.Errorf("%s is not an array", place(at))
		}
		if t.Kind() == reflect.Array && len(n.items) != t.Len() {
			return fmt.Errorf("%s has %d entries, not %d", place(at), len(n.items), t.Len())
		}
		for i, item := range n.items {
			if err := fits(item, t.Elem(), fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		if n.kind != '{' {
			return fmt.Errorf("%s is not an object", place(at))
		}
		for i, item := range n.items {
			if err := fits(item, t.Elem(), at+"."+n.names[i]); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if n.kind != '{' {
			return fmt.Errorf("%s is not an object", place(at))
		}
		return fitsStruct(n, t, at)
	}
	return nil
}

func fitsStruct(n node, t reflect.Type, at string) error {
	known := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			return errors.New("a type with embedded fields cannot be decoded strictly")
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		known[name] = true
		v := n.get(name)
		if v.kind == 0 {
			if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
				return fmt.Errorf("%s is missing", place(at+"."+name))
			}
			continue
		}
		if err := fits(v, f.Type, at+"."+name); err != nil {
			return err
		}
	}
	for _, name := range n.names {
		if !known[name] {
			return fmt.Errorf("%s has the member %.40q, which was not asked for", place(at), name)
		}
	}
	return nil
}

// place names a value for people: "bullets[2].text".
func place(at string) string {
	if at == "" {
		return "the reply"
	}
	return strings.TrimPrefix(at, ".")
}
