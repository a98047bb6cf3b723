package sources

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	// linksAtOnce is how many pages are read for people at the same time: one of the largest takes some 100 MB while it is read.
	linksAtOnce = 4
	// shortestLink is the shortest text in letters that is told to people by itself. Below it stands what trafilatura found as
	// its last resort (its own limit is 250), in which headings and sentences run together.
	shortestLink = 250
)

// A Linked is what stands behind a link that a person gave.
type Linked struct {
	Page         // URL is where the link led, or the page's own name for that address
	Private bool // the link, or where it led, carries a secret: kept nowhere
	Paid    bool // the page says that it is for subscribers: Text is what it shows to everybody
	Short   bool // Text may be less than the article
}

// ReadLink fetches the page of a link through the guard, redirects followed, and reads it as the poller reads an article's
// page. Every error is a *Problem; Page.URL is given beside it where that is known. A host that the operator
// allowed although it is private is read for people too.
//
// What was read stays in memory for some minutes under the link and under the address it led to, so that many who ask for
// the same page fetch it once: see RecallLink. What is private stays nowhere.
func (c *Client) ReadLink(ctx context.Context, rawURL string) (Linked, error) {
	at, err := c.guard.parse(rawURL)
	if err != nil {
		return Linked{}, err
	}
	asked := at.String()
	release, err := c.links.turns.take(ctx, asked) // whoever asks for the same meanwhile finds it in memory
	if err != nil {
		return Linked{}, problem(codeStopped, err)
	}
	defer release()
	if l, ok, err := c.links.recall(asked, c.opts.Now()); ok {
		return l, err
	}
	select {
	case c.links.slots <- struct{}{}:
		defer func() { <-c.links.slots }()
	case <-ctx.Done():
		return Linked{}, problem(codeStopped, ctx.Err())
	}
	l, err := c.readLink(ctx, asked)
	switch {
	case l.Private:
	case err == nil:
		c.links.keep([]string{asked, l.URL}, l, nil, c.opts.Now())
	case asProblem(err).Code != codeStopped:
		c.links.keep([]string{asked}, l, err, c.opts.Now()) // where it led may be read by its own address
	}
	return l, err
}

// RecallLink is ReadLink where nothing has to be fetched for that; ok is false where something has. err is ReadLink's.
func (c *Client) RecallLink(rawURL string) (l Linked, ok bool, err error) {
	at, err := c.guard.parse(rawURL)
	if err != nil {
		return Linked{}, true, err
	}
	return c.links.recall(at.String(), c.opts.Now())
}

func (c *Client) readLink(ctx context.Context, asked string) (Linked, error) {
	var l Linked
	l.URL = asked
	res, err := c.do(ctx, request{url: asked, accept: acceptPage, max: c.opts.MaxPage, led: &l.URL})
	l.Private = secretLink(asked) || secretLink(l.URL)
	if err != nil {
		return l, err
	}
	contentType := res.header.Get("Content-Type")
	switch {
	case res.status != http.StatusOK:
		return l, statusProblem(res.status)
	case consents(asked, res.url):
		return l, problem(codeConsent, nil)
	case res.short:
		return l, problem(codeBroken, io.ErrUnexpectedEOF) // half an article must not pass for the whole
	case LooksLikeFeed(res.body):
		return l, problem(codeFeed, nil)
	case strings.Contains(strings.ToLower(contentType), "json") || bytes.HasPrefix(bytes.TrimLeft(res.body, " \t\r\n"), []byte("{")):
		return l, problem(codeNoPage, nil)
	}
	p, err := c.readBody(ctx, Input{URL: res.url, Header: res.header, Body: res.body})
	if err == nil && letters(p.Text) < shortestLink {
		err = problem(codeNoText, nil)
	}
	l.Paid = paid.Match(res.body)
	if err != nil {
		if l.Paid && asProblem(err).Code == codeNoText {
			err = problem(codePaid, err)
		}
		return l, err
	}
	l.Page = p
	if len(l.Text) > maxText {
		l.Text = shorten(l.Text)
	}
	if l.Title == "" {
		l.Title = titleOf(l.Text)
	}
	l.Short = letters(l.Text) < fullContent
	if own, err := Key(p.Canonical); err == nil {
		if key, err := Key(p.URL); err == nil && (own == key || samePath(p.Canonical, p.URL)) && !secretLink(p.Canonical) {
			l.URL = p.Canonical
		}
	}
	return l, nil
}

// secretLink is Private without regard to marks of how a reader came, which look random and are no secret.
func secretLink(raw string) bool {
	key, err := Key(raw)
	return Private(raw) && (err != nil || Private("https://"+key))
}

// paid finds what pages for subscribers say of themselves, in JSON-LD or as microdata (schema.org/isAccessibleForFree, which
// search engines ask of them).
var paid = regexp.MustCompile(`(?i)isAccessibleForFree"\s*(?::|content=)\s*(?:\[\s*)?"?(?:https?://schema\.org/)?false`)

// consentPaths are segments of the addresses at which sites ask for consent to cookies: in English, German, French, Italian and Spanish.
var consentPaths = []string{"consent", "zustimmung", "consentement", "consenso", "consentimiento", "cookiewall", "cookie-consent", "privacywall"}

// consents reports whether a site led from the address asked for to one at which it asks for consent to cookies.
func consents(asked, led string) bool {
	from, err := url.Parse(asked)
	to, lerr := url.Parse(led)
	if err != nil || lerr != nil || from.Host == to.Host && from.Path == to.Path {
		return false
	}
	return strings.HasPrefix(to.Hostname(), "consent.") || slices.ContainsFunc(strings.Split(strings.ToLower(to.Path), "/"), func(s string) bool {
		return slices.Contains(consentPaths, s)
	})
}
