package sources

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// datedPath is an address with a day in it.
var datedPath = regexp.MustCompile(`/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])(?:[/-](0?[1-9]|[12]\d|3[01]))?(?:[/-]|$)`)

// dateBeside is the day that stands with a link: in the part of the page that holds no other link of its list, else in its
// address; zero when there is none.
func dateBeside(k watchedLink, list map[*html.Node]string) time.Time {
	item := k.n
	for m := k.n.Parent; m != nil && m.Type == html.ElementNode && m.DataAtom != atom.Body; m = m.Parent {
		if othersIn(m, list, list[k.n]) {
			break
		}
		item = m
	}
	if t, ok := dateIn(item); ok {
		return t
	}
	before := item.PrevSibling // <dt> of a <dd>
	for before != nil && before.Type != html.ElementNode {
		before = before.PrevSibling
	}
	if before != nil && !othersIn(before, list, "") {
		if t, ok := dateIn(before); ok {
			return t
		}
	}
	if m := datedPath.FindStringSubmatch(k.url.Path); m != nil && m[3] != "" {
		if t, ok := dayOf(fmt.Sprintf("%s-%02s-%02s", m[1], m[2], m[3])); ok {
			return t
		}
	}
	return time.Time{}
}

// dateIn is the first day that a part of a page tells.
func dateIn(part *html.Node) (time.Time, bool) {
	for n := range part.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, v := range []string{attrOf(n, "datetime"), attrOf(n, "data-date"), attrOf(n, "data-datetime")} {
			if t, ok := dayOf(v); ok {
				return t, true
			}
		}
	}
	for n := range part.Descendants() {
		if n.Type != html.TextNode || len(n.Data) >= 200 {
			continue
		}
		s := oneLineText(n.Data)
		if t, ok := dayOf(s); ok {
			return t, true
		}
		if _, after, cut := strings.Cut(s, ":"); cut { // "Published: 3 March 2026"
			if t, ok := dayOf(after); ok {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// othersIn reports whether a part of a page holds a link of the list that leads elsewhere.
func othersIn(part *html.Node, list map[*html.Node]string, own string) bool {
	for n := range part.Descendants() {
		if to, of := list[n]; of && to != own {
			return true
		}
	}
	return false
}

// dayOf reads a text that is a date and nothing else, with a year: "12" beside a link is the number of its comments.
func dayOf(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if m := reiwa.FindStringSubmatch(s); m != nil {
		year, _ := strconv.Atoi(m[1]) // 元, the first, is none
		s = fmt.Sprintf("%d-%02s-%02s", 2018+max(year, 1), m[2], m[3])
	}
	if len(s) < 6 || len(s) > 60 || digitsIn(s) < 3 {
		return time.Time{}, false
	}
	t, v := parseDate(s)
	return t, v == read && !t.IsZero() && t.Year() > 1990 && (strings.Contains(s, fmt.Sprint(t.Year())) || digitsIn(s) >= 6)
}

// reiwa is a day as the ministries of Japan write it, in the era that began in 2019.
var reiwa = regexp.MustCompile(`^令和(\d{1,2}|元)年(\d{1,2})月(\d{1,2})日$`)
