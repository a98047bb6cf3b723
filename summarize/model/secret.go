package model

import (
	"fmt"
	"io"
	"log/slog"
)

// A Secret is a key. However it is printed, logged or encoded, it gives "***"; only Reveal gives the key. One exception is
// Go's own: fmt calls no methods on unexported fields, so that a struct that keeps a Secret in one prints it. Client keeps
// its key where nothing prints it.
type Secret string

const hidden = "***"

// Reveal returns the key itself, to be sent and for nothing else.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
