package sources

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// robotsShared are 142 cases of google/robotstxt.
const robotsShared = "../../shared/eval/robots/google_robots_cases.json"

// Of the cases of Google's own reader at least 140 are decided as it decides them. The other two are letters that stand in a
// URL unencoded: here they are the same as encoded ones (RFC 9309, 2.2.2), there they are not.
func TestRobotsShared(t *testing.T) {
	b, err := os.ReadFile(filepath.FromSlash(robotsShared))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("needs the shared data beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Test, Robots, Agent, URL string
		Allow                    bool
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, c := range cases {
		if got := ParseRobots([]byte(c.Robots)).Allowed(c.Agent, c.URL); got == c.Allow {
			right++
		} else {
			t.Logf("%s: %q, %s at %s: allowed %v, want %v", c.Test, c.Robots, c.Agent, c.URL, got, c.Allow)
		}
	}
	t.Logf("%d of %d", right, len(cases))
	if len(cases) != 142 || right < 140 {
		t.Errorf("%d of %d cases", right, len(cases))
	}
}

func TestRobots(t *testing.T) {
	for _, c := range []struct {
		name, robots, url string
		allowed           bool
	}{
		{"empty", "", "https://a.example/x", true},
		{"everybody", "User-agent: *\nDisallow: /private/", "https://a.example/private/1", false},
		{"beside", "User-agent: *\nDisallow: /private/", "https://a.example/public/1", true},
		{"own group alone", "User-agent: *\nDisallow: /\n\nUser-agent: attache\nDisallow: /admin", "https://a.example/news", true},
		{"own group in two places", "User-agent: Attache/1.0\nDisallow: /a\nUser-agent: other\nDisallow: /\nUser-agent: ATTACHE\nDisallow: /b", "https://a.example/b", false},
		{"nothing is disallowed", "User-agent: *\nDisallow:", "https://a.example/", true},
		{"the longest", "User-agent: *\nDisallow: /news\nAllow: /news/press", "https://a.example/news/press/1", true},
		{"the same length", "User-agent: *\nDisallow: /a\nAllow: /a", "https://a.example/a", true},
		{"stars", "User-agent: *\nDisallow: /*.pdf$", "https://a.example/x.pdf.pdf", false},
		{"stars, not at the end", "User-agent: *\nDisallow: /*.pdf$", "https://a.example/x.pdf?y", true},
		{"only an end", "User-agent: *\nDisallow: /$", "https://a.example", false},
		{"letters", "User-agent: *\nDisallow: /новости", "https://a.example/%d0%bd%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", false},
		{"letters as they are", "User-agent: *\nDisallow: /%d0%bd%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8", "https://a.example/новости", false},
		{"old line ends", "User-agent: *\rDisallow: /x\rAllow: /y", "https://a.example/x", false},
		{"a mark before the first line", "\ufeffUser-agent: *\nDisallow: /x", "https://a.example/x", false},
		{"rules of nobody", "Disallow: /\nUser-agent: b\nDisallow: /x", "https://a.example/", true},
		{"a page that is no robots.txt", "<!doctype html><html><head><title>Not found</title>", "https://a.example/", true},
		{"a sitemap between", "User-agent: a\nSitemap: https://a.example/s.xml\nUser-agent: attache\nDisallow: /", "https://a.example/", false},
		{"a query", "User-agent: *\nDisallow: /?print=", "https://a.example?print=1", false},
	} {
		if got := ParseRobots([]byte(c.robots)).Allowed("Attache", c.url); got != c.allowed {
			t.Errorf("%s: allowed %v", c.name, got)
		}
	}
	if got := ParseRobots([]byte("sitemap: https://a.example/1.xml # news\n\nSITEMAP:https://a.example/2.xml")).Sitemaps; strings.Join(got, " ") != "https://a.example/1.xml https://a.example/2.xml" {
		t.Errorf("sitemaps %v", got)
	}
}

// Nothing that a server sends as its robots.txt takes long or ends the program, and what makes no difference to people makes
// none to the answer. Patterns are matched as a regular expression matches them.
func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a*b*c$", "https://a.example/abc")
	f.Add("user agent x\nallow /%zz", "//?#")
	f.Add("Disallow:"+strings.Repeat("*", 3000), "/")
	f.Add("\ufeffUser-agent: Attache/2\nDisallow: /a$b*$\nAllow: /новости/index.html\nSitemap: /s.xml # x", "https://a.example/новости/?x;y")
	f.Fuzz(func(t *testing.T, robots, url string) {
		defer within(len(robots) + len(url))()
		r := ParseRobots([]byte(robots))
		allowed := r.Allowed("attache", url)
		if !allowed && !strings.Contains(strings.ToLower(robots), "d") {
			t.Errorf("%q forbids %q", robots, url)
		}
		if r.Allowed("ATTACHE", url) != allowed || r.Allowed("attache", url+"#part") != allowed {
			t.Errorf("%q is of two minds about %q", robots, url)
		}
		if len(robots) < robotsMax/3 {
			for _, same := range []string{robots, robots + "\n\n# the end\n", strings.ReplaceAll(robots, "\n", "\r\n")} {
				if again := ParseRobots([]byte(same)); again.Allowed("attache", url) != allowed || !slices.Equal(again.Sitemaps, r.Sitemaps) {
					t.Errorf("%q and %q differ about %q", robots, same, url)
				}
			}
		}
		path := robotsPath(url)
		for _, g := range r.groups {
			for _, rule := range g.rules {
				pattern, end := strings.CutSuffix(rule.pattern, "$")
				expr := "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
				if end {
					expr += "$"
				}
				if re, err := regexp.Compile(expr); err == nil && len(expr) < 500 && re.MatchString(path) != robotsMatch(path, rule.pattern) {
					t.Errorf("%q matches %q: %v", rule.pattern, path, robotsMatch(path, rule.pattern))
				}
			}
		}
	})
}
