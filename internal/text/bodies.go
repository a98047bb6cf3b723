package text

import (
	"strings"
	"sync"
)

// Bodies returns the names of international bodies (data/bodies.txt): a list a body, its short name first, then the names
// under which texts have it, in many languages. The lists are shared and must not be changed.
var Bodies = sync.OnceValue(func() [][]string {
	var out [][]string
	for _, line := range table("bodies.txt") {
		var names []string
		for n := range strings.SplitSeq(line, "|") {
			names = append(names, strings.TrimSpace(n))
		}
		out = append(out, names)
	}
	return out
})
