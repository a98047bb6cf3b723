package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// progress tells a person how far long work is: a bar on a terminal, plain lines elsewhere. It is also where logs go while
// a bar is drawn, so that they do not run through it.
type progress struct {
	mu   sync.Mutex
	w    io.Writer
	bar  bool   // w is a terminal
	last string // what was written last
}

func newProgress(w io.Writer) *progress { return &progress{w: w, bar: isTerminal(w)} }

// step says that done of all are done.
func (p *progress) step(what string, done, all int) {
	const width = 24
	p.mu.Lock()
	defer p.mu.Unlock()
	s := fmt.Sprintf("%s: %d of %d", what, done, all)
	if s == p.last {
		return
	}
	p.last = s
	if !p.bar {
		fmt.Fprintln(p.w, s)
		return
	}
	full := 0
	if all > 0 {
		full = width * done / all
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s %s", strings.Repeat("█", full), strings.Repeat("░", width-full), s)
}

// end takes the bar away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.bar && p.last != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// note writes a line of its own.
func (p *progress) note(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.w, s)
}

// Write writes log lines past the bar.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.w.Write(b)
}
