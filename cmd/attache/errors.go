package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"attache/internal/store"
	"attache/sources"
)

// A sayable error is a sentence for the person at the terminal: what went wrong and what to do next.
type sayable string

func (e sayable) Error() string { return string(e) }

// say makes a sayable error.
func say(format string, args ...any) error { return sayable(fmt.Sprintf(format, args...)) }

// sentence is what a person at the terminal reads of an error. It is the one table for this command; package bot has its like for Discord.
func sentence(err error) string {
	var s sayable
	var p *sources.Problem
	switch {
	case errors.As(err, &s):
		return string(s)
	case errors.As(err, &p):
		return p.Sentence
	case errors.Is(err, store.ErrNewer):
		return "The database was made by a newer version of attache. Install that version, or restore a backup from before the upgrade; nothing was changed."
	case errors.Is(err, store.ErrLocked):
		return "Another `attache run` uses this database. Stop it first, or give this one a store.url of its own."
	case errors.Is(err, store.ErrBlocked):
		return sources.Blocked().Error()
	case errors.Is(err, store.ErrNoCopy):
		return capital(err.Error())
	case errors.Is(err, store.ErrFull):
		return "The disk is full, so nothing more can be stored; what was stored is safe. Free some space, and attache goes on by itself."
	case errors.Is(err, store.ErrCopying):
		return "The database is being filled by `attache store copy`. Wait until that has ended, or call it again where it was interrupted."
	case errors.Is(err, store.ErrAway):
		return "The database does not answer. " + capital(err.Error())
	case errors.Is(err, store.ErrNotFound):
		return "There is no such thing here. `attache source list` and `attache schedule list` show what there is."
	case errors.Is(err, store.ErrExists):
		return "That exists already."
	}
	return strings.TrimSuffix(err.Error(), ".") + "."
}

// plain is the reason of a file error without the path that the sentence around it already names.
func plain(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func isExists(err error) bool   { return errors.Is(err, store.ErrExists) }
func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// capital makes an error text of ours a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}
