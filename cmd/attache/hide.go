package main

import (
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// leastSecret is how long, in bytes, a value is that is looked for. What is shorter ("none", "ollama": some servers want
// any key) keeps nothing secret, and stands in words that are none.
const leastSecret = 8

// A hider puts *** in the place of secrets in whatever is written through it. It is the last thing before the log's end:
// of all that a record may hold, an error of a foreign package or a printed struct, nothing comes after it. It relies on
// slog's handlers, which write each record at once; a secret that is cut in two would pass.
type hider struct {
	w    io.Writer
	hide *strings.Replacer
}

// hiding returns w itself when there is nothing to hide.
func hiding(w io.Writer, secrets []string) io.Writer {
	var forms []string
	for _, s := range secrets {
		if len(s) < leastSecret {
			continue
		}
		quoted := strconv.Quote(s)
		forms = append(forms, s, quoted[1:len(quoted)-1], url.QueryEscape(s), url.PathEscape(s))
		if b, err := json.Marshal(s); err == nil {
			forms = append(forms, string(b[1:len(b)-1]))
		}
	}
	if len(forms) == 0 {
		return w
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // where two begin, the longer is hidden
	var pairs []string
	for _, f := range forms {
		pairs = append(pairs, f, "***")
	}
	return hider{w, strings.NewReplacer(pairs...)}
}

func (h hider) Write(b []byte) (int, error) {
	if _, err := io.WriteString(h.w, h.hide.Replace(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}
