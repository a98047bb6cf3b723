package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A row is the values of a table's columns: string, int64, bool, float64 or nil.
type row []any

func (r row) key(t copyTable) []any {
	var key []any
	for _, i := range t.key {
		key = append(key, r[i])
	}
	return key
}

// keyOf is the key of a row in words.
func (t copyTable) keyOf(r row) string {
	var b strings.Builder
	for n, i := range t.key {
		if n > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %#v", t.columns[i].name, r[i])
	}
	return b.String()
}

// size is about how many bytes a row takes.
func (r row) size() int {
	n := 8 * len(r)
	for _, v := range r {
		if s, ok := v.(string); ok {
			n += len(s)
		}
	}
	return n
}

// mended is a row as PostgreSQL can hold it, and whether that is another than it was.
func (r row) mended() (values []any, changed bool) {
	values = r
	for i, v := range r {
		s, ok := v.(string)
		if !ok {
			continue
		}
		if m := storable(s); m != s {
			if !changed {
				values, changed = slices.Clone(r), true
			}
			values[i] = m
		}
	}
	return values, changed
}

// sum is the checksum of a row: of its values as text, each with its kind and length before it.
func (r row) sum() [sha256.Size]byte {
	var b bytes.Buffer
	for _, v := range r {
		var kind byte
		var text string
		switch v := v.(type) {
		case nil:
			kind = '0'
		case string:
			kind, text = 's', v
		case int64:
			kind, text = 'i', strconv.FormatInt(v, 10)
		case bool:
			kind, text = 'b', strconv.FormatBool(v)
		case float64:
			kind, text = 'f', strconv.FormatFloat(v, 'g', -1, 64)
		}
		b.WriteByte(kind)
		b.WriteString(strconv.Itoa(len(text)))
		b.WriteByte(':')
		b.WriteString(text)
	}
	return sha256.Sum256(b.Bytes())
}
