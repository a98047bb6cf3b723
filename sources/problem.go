package sources

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// The codes of problems. They are stable: stored, counted and tested by name.
const (
	codeURL         = "url"
	codeScheme      = "scheme"
	codeUser        = "user"
	codePort        = "port"
	codePrivate     = "private"
	codeDNS         = "dns"
	codeConnect     = "connect"
	codeTLS         = "tls"
	codeTimeout     = "timeout"
	codeSlow        = "slow"
	codeBroken      = "broken"
	codeStopped     = "stopped"
	codeRedirects   = "redirects"
	codeRedirectBad = "redirect"
	codeRedirectIn  = "redirect_private"
	codeUnauthor    = "unauthorized"
	codeForbidden   = "forbidden"
	codeNotFound    = "not_found"
	codeGone        = "gone"
	codeThrottled   = "throttled"
	codeServer      = "server"
	codeStatus      = "status"
	codeTooLarge    = "too_large"
	codeEmpty       = "empty"
	codeMedia       = "media"
	codePage        = "page"
	codeGarbage     = "garbage"
	codeNoText      = "no_text"
	codeHeavy       = "heavy"
	codeNoLink      = "no_link"
	codeDefect      = "defect"
	codePaid        = "paid"
	codeConsent     = "consent"
	codeFeed        = "feed"
	codeNoPage      = "no_page"
	codeBlocked     = "blocked"
	codeRobots      = "robots"
	codeNoList      = "no_list"
	codePDF         = "pdf"
)

// problems is the one table of what people read when a source or page cannot
// be read: what went wrong, and what to do next. "{what}" stands for what the
// problem names. No sentence repeats an address or an internal error.
var problems = map[string]struct {
	sentence string
	again    bool // trying again later may help
}{
	codeURL:         {"This is not a web address that can be read. Check it for typing errors; it should look like https://example.org/feed.", false},
	codeScheme:      {"Only http and https addresses can be read. Give the address as a browser shows it, beginning with https://.", false},
	codeUser:        {"The address carries a user name or password, which is not accepted. Ask the publisher for an address that needs none.", false},
	codePort:        {"The address names a port that is not open to sources; only 80 and 443 are. Leave the port out, or ask whoever runs this program.", false},
	codePrivate:     {"The address belongs to a private or local network, which is not read. Give a public address, or ask whoever runs this program to list its host:port under sources.allow_private.", false},
	codeDNS:         {"There is no server by that name, or it cannot be looked up now. Check the address for typing errors, then try again.", true},
	codeConnect:     {"The server does not accept connections. Check the address, or try again later.", true},
	codeTLS:         {"The server's certificate cannot be trusted. Open the address in a browser to see why; the publisher has to mend it.", true},
	codeTimeout:     {"The server did not answer in time. Try again later.", true},
	codeSlow:        {"The server sent its answer too slowly, or never came to the end of it. Try again later, or give another address of the same feed.", true},
	codeBroken:      {"The connection broke off before the answer was complete. Try again later.", true},
	codeStopped:     {"Reading was stopped before it was done. Try again.", true},
	codeRedirects:   {"The address leads from one redirect to the next without end. Open it in a browser and give the address it ends at.", false},
	codeRedirectBad: {"The server redirects to an address that cannot be read. Open the address in a browser and give the one it ends at.", false},
	codeRedirectIn:  {"The server redirects into a private network, which is not read. Give another address of the same feed.", false},
	codeUnauthor:    {"The server asks for a login. Give an address that is open to everybody.", false},
	codeForbidden:   {"The server refuses to give this to programs. Ask the publisher for a feed, or choose another source.", true},
	codeNotFound:    {"There is nothing at this address. Check it for typing errors, or give the site's front page to look for its feed.", true},
	codeGone:        {"The publisher has removed this for good. Remove the source, or give the site's front page to look for a new feed.", false},
	codeThrottled:   {"The server asks for fewer requests. It is left alone for as long as it asks, then tried again.", true},
	codeServer:      {"The server has a fault of its own at the moment. Try again later.", true},
	codeStatus:      {"The server gave an unexpected answer (HTTP status {what}). Open the address in a browser to see what is there.", true},
	codeTooLarge:    {"The answer is larger than {what} MB, which is more than is read. Ask the publisher for a shorter feed, or give the feed of one section.", false},
	codeEmpty:       {"The server gave an empty answer. Check the address, or try again later.", true},
	codeMedia:       {"This is {what}, not a feed or a web page. Give the address of the feed, or of the site's front page.", false},
	codePage:        {"This is a web page, and no feed was found on it. Look for a link named RSS or Feed on the site and give its address.", false},
	codeGarbage:     {"What the server sent is neither a feed nor a web page. Open the address in a browser to see what is there, and give the feed's address.", false},
	codeNoText:      {"The page holds no article text that a program can read. The feed's own teaser is kept; open the link to read on.", false},
	codeHeavy:       {"The page is too heavy to be read. The feed's own teaser is kept; open the link to read on.", false},
	codeNoLink:      {"The feed gives only a teaser and no link to the article. Ask the publisher for links in the feed.", false},
	codePaid:        {"The page is for subscribers and shows nothing of the article to others. Open it with your subscription, or look for the same news elsewhere.", false},
	codeConsent:     {"The site asks for consent to cookies before it shows the article, which a program does not give. Open the link in a browser.", false},
	codeFeed:        {"This is a feed, not an article. Give the address of one of its articles, or read the feed as a source.", false},
	codeNoPage:      {"This is neither a web page nor a text. Give the address of an article.", false},
	codeBlocked:     {"Whoever runs this program has blocked this address, so nothing is read from there. Choose another source, or ask them why.", false},
	codeRobots:      {"The site asks programs not to read this page (robots.txt). The feed's own teaser is kept; open the link to read on.", false},
	codePDF:         {"This PDF holds no text that a program can read: it is a scan, locked, or damaged. Open the link to read it.", false},
	codeNoList:      {"The page no longer has a list of articles that can be found. Open it in a browser, and give the address of the page that lists the news.", true},
	codeDefect:      {"This could not be read because of a defect in this program; nothing else is affected. Please report it with the time, so that the log can be searched.", true},
}

// mediaWords are what a body can be that is neither feed nor page. The keys are
// what a Problem of the code "media" names.
var mediaWords = map[string]string{
	"image": "an image", "video": "a video", "audio": "a sound recording", "font": "a typeface", "document": "a document", "archive": "an archive",
}

// Sentences are the English sentences of problems by their codes, with {what}
// where one names something; and what those of the code "media" name, as
// "media.image". Package bot has them in other languages.
func Sentences() map[string]string {
	out := map[string]string{}
	for code, row := range problems {
		out[code] = row.sentence
	}
	for kind, words := range mediaWords {
		out[codeMedia+"."+kind] = words
	}
	return out
}

// Recognize returns the code of a sentence that was stored, and what it names;
// false when no problem has that sentence, or none any more.
func Recognize(sentence string) (code, what string, ok bool) {
	for code, row := range problems {
		before, after, open := strings.Cut(row.sentence, "{what}")
		if !open && sentence == before {
			return code, "", true
		}
		rest, ok := strings.CutPrefix(sentence, before)
		if what, ends := strings.CutSuffix(rest, after); open && ok && ends {
			for kind, words := range mediaWords {
				if code == codeMedia && what == words {
					what = kind
				}
			}
			return code, what, true
		}
	}
	return "", "", false
}

// A Problem is a failure with a sentence for people. Error gives that
// sentence, so that whoever shows the error shows nothing else; the cause, for
// logs and errors.Is, is behind Unwrap.
type Problem struct {
	Code      string // stable, for tests and counting
	What      string // what the sentence names: a number, of the code "media" a kind such as "image"; mostly ""
	Sentence  string // what went wrong and what to do next; safe to show to anybody
	Retryable bool   // trying again later may help

	err error
}

func (p *Problem) Error() string { return p.Sentence }

// Unwrap gives the cause, which may name addresses and is not for people; nil when there is none.
func (p *Problem) Unwrap() error { return p.err }

// problem makes the Problem of a code; err may be nil.
func problem(code string, err error) *Problem {
	row := problems[code]
	return &Problem{Code: code, Sentence: row.sentence, Retryable: row.again, err: err}
}

// Blocked is the problem of an address that the operator has blocked, for those who find that out before a request.
func Blocked() error { return problem(codeBlocked, nil) }

// problemOf is problem for sentences that name something.
func problemOf(code string, what any) *Problem {
	p := problem(code, nil)
	p.What = fmt.Sprint(what)
	words := p.What
	if code == codeMedia {
		words = mediaWords[p.What]
	}
	p.Sentence = strings.ReplaceAll(p.Sentence, "{what}", words)
	return p
}

func tooLarge(limit int64) *Problem {
	if limit < 1<<20 {
		return problemOf(codeTooLarge, fmt.Sprintf("%.2g", float64(limit)/(1<<20)))
	}
	return problemOf(codeTooLarge, limit>>20)
}

// asProblem makes a Problem of any error.
func asProblem(err error) *Problem {
	var p *Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.Canceled):
		return problem(codeStopped, err)
	case errors.Is(err, context.DeadlineExceeded):
		return problem(codeTimeout, err)
	}
	return problem(codeDefect, err)
}

// redirected names a refused URL that a redirect led to.
func redirected(err error) *Problem {
	if p := asProblem(err); p.Code == codePrivate {
		return problem(codeRedirectIn, p)
	}
	return problem(codeRedirectBad, err)
}

// wireProblem tells why a request failed before there was an answer.
func wireProblem(err error) *Problem {
	var (
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		verify   *tls.CertificateVerificationError
		alert    tls.AlertError
		op       *net.OpError
		timeout  interface{ Timeout() bool }
	)
	err = withoutURL(err)
	switch {
	case errors.Is(err, errPrivate):
		return problem(codePrivate, err)
	case errors.As(err, &dns):
		return problem(codeDNS, err)
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid), errors.As(err, &record), errors.As(err, &verify),
		errors.As(err, &alert), strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return problem(codeTLS, err)
	case errors.As(err, &op) && op.Op == "dial":
		return problem(codeConnect, err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return problem(codeTimeout, err)
	}
	return problem(codeBroken, err)
}

// statusProblem tells what an HTTP status other than 200 and 304 means.
func statusProblem(status int) *Problem {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusPaymentRequired, status == http.StatusProxyAuthRequired:
		return problem(codeUnauthor, nil)
	case status == http.StatusForbidden, status == http.StatusUnavailableForLegalReasons, status == http.StatusNotAcceptable:
		return problem(codeForbidden, nil)
	case status == http.StatusNotFound:
		return problem(codeNotFound, nil)
	case status == http.StatusGone:
		return problem(codeGone, nil)
	case status == http.StatusTooManyRequests:
		return problem(codeThrottled, nil)
	case status == http.StatusRequestTimeout:
		return problem(codeTimeout, nil)
	case status >= 500 && status < 600:
		return problem(codeServer, nil)
	}
	return problemOf(codeStatus, status)
}

// feedProblem tells why a body is no feed.
func feedProblem(err error, contentType string, body []byte) *Problem {
	var p *Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, ErrEmpty):
		return problem(codeEmpty, err)
	case errors.Is(err, ErrTooBig):
		return tooLarge(maxInflated)
	case errors.Is(err, ErrPage):
		return problem(codePage, err)
	}
	if kind := media(contentType, body); kind != "" {
		p := problemOf(codeMedia, kind)
		p.err = err
		return p
	}
	return problem(codeGarbage, err)
}

// media is what a body is when it is something to look at or listen to, a key of mediaWords; "" for text and the unknown.
func media(contentType string, body []byte) string {
	found := http.DetectContentType(body)
	if strings.HasPrefix(found, "text/") || found == "application/octet-stream" {
		if len(body) > 0 && strings.HasPrefix(found, "text/") {
			return ""
		}
		found = strings.ToLower(contentType)
	}
	found, _, _ = strings.Cut(found, ";")
	top, _, _ := strings.Cut(strings.TrimSpace(found), "/")
	switch {
	case top == "image":
		return "image"
	case top == "video":
		return "video"
	case top == "audio":
		return "audio"
	case top == "font":
		return "font"
	case strings.HasSuffix(found, "/pdf"), strings.Contains(found, "msword"), strings.Contains(found, "officedocument"), strings.HasSuffix(found, "/postscript"):
		return "document"
	case strings.Contains(found, "zip"), strings.Contains(found, "compressed"), strings.Contains(found, "x-tar"), strings.Contains(found, "rar"):
		return "archive"
	}
	return ""
}
