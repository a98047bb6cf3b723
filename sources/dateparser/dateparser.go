// Package dateparser stands in for github.com/markusmobius/go-dateparser, whose tables of two hundred languages take 30 MB in
// every process that links it, used or not. The reader of pages, go-trafilatura, links it through go-htmldate and asks it in its
// extensive search alone, which sources never turns on. Here is what go-htmldate needs to build, and an answer that says so:
// docs/adr/0007.
package dateparser

import (
	"errors"
	"time"
)

// ErrAbsent is the answer to every question.
var ErrAbsent = errors.New("the extensive search of dates is not built in: see docs/adr/0007")

// A ParserType names a way to read a date.
type ParserType uint8

// The ways that go-htmldate asks for.
const (
	AbsoluteTime ParserType = iota
	CustomFormat
)

// A PreferredDateSource says which of several dates is meant.
type PreferredDateSource uint8

// Past is the one that go-htmldate asks for.
const Past PreferredDateSource = 1

// A Configuration holds what go-htmldate sets; none of it is used.
type Configuration struct {
	PreferredDateSource PreferredDateSource
	StrictParsing       bool
}

// A Parser reads no date.
type Parser struct {
	ParserTypes []ParserType
}

// A Date is what would have been read.
type Date struct {
	Time time.Time
}

// Parse returns the zero Date and ErrAbsent.
func (*Parser) Parse(*Configuration, string, ...string) (Date, error) { return Date{}, ErrAbsent }
