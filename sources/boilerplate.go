package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

const (
	// repeatedIn is in how many articles of one visit a paragraph stands at least that is boilerplate, and repeatedPart in
	// which part of them.
	repeatedIn   = 3
	repeatedPart = 0.5
	// edgeHead and edgeTail are how many paragraphs are looked at from either end of an article.
	edgeHead, edgeTail = 3, 8
	// leastLeft is how many letters an article must have left without its boilerplate; else it is none.
	leastLeft = 80
	// maxBoilerplate is how many paragraphs are remembered of a source, the newest.
	maxBoilerplate = 40
)

// boilerplate is what a source puts around each of its articles: how to subscribe, who it is, whom to call. It is learned
// from the source itself: a paragraph that stands word for word at the end, or the beginning, of several articles of one
// visit. Hashes of paragraphs, the newest last.
type boilerplate []string

func paragraphHash(p string) string {
	sum := sha256.Sum256([]byte(p))
	return hex.EncodeToString(sum[:8])
}

// learn adds what articles of one visit have in common. Copies of one article say nothing.
func (b boilerplate) learn(articles []Article) boilerplate {
	count, order := map[string]int{}, []string{}
	long, seen := 0, map[string]bool{}
	for _, a := range articles {
		paras := strings.Split(a.Text, "\n")
		if len(paras) < 2 || seen[a.Text] {
			continue
		}
		seen[a.Text] = true
		long++
		had := map[string]bool{}
		for i, p := range paras {
			if i >= edgeHead && i < len(paras)-edgeTail || p == "" {
				continue
			}
			if !had[p] {
				had[p] = true
				if count[p]++; count[p] == 1 {
					order = append(order, p)
				}
			}
		}
	}
	out := b
	for _, p := range order {
		if count[p] < repeatedIn || float64(count[p]) < repeatedPart*float64(long) {
			continue
		}
		if h := paragraphHash(p); !slices.Contains(out, h) {
			out = append(slices.Clip(out), h)
		}
	}
	return out[max(0, len(out)-maxBoilerplate):]
}

// without is a text without the boilerplate at its ends; never in the midst, where the same words may be news.
func (b boilerplate) without(t string) string {
	if len(b) == 0 {
		return t
	}
	paras := strings.Split(t, "\n")
	start, end := 0, len(paras)
	for start < end && start < edgeHead && slices.Contains(b, paragraphHash(paras[start])) {
		start++
	}
	for cut := true; cut; {
		cut = false
		// A short line of another kind, a date or a place, may stand between two that are known.
		for skip := 1; skip <= 2 && end-skip >= start; skip++ {
			if slices.Contains(b, paragraphHash(paras[end-skip])) {
				end, cut = end-skip, true
				break
			}
			if letters(paras[end-skip]) >= smallPart {
				break
			}
		}
	}
	if rest := strings.Join(paras[start:end], "\n"); letters(rest) >= leastLeft {
		return rest
	}
	return t
}
