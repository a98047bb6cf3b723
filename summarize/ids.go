package summarize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"attache/internal/text"
)

// idOf returns the id of the words at spans of a revision: a letter for the kind and 48 bits of their hash, so that some
// millions of bullets of one article have ids of their own. The same words of the same revision have the same id in every brief.
func idOf(kind string, article int64, revision int, spans ...text.Span) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d", kind, article, revision)
	for _, p := range spans {
		fmt.Fprintf(h, " %d-%d", p.Start, p.End)
	}
	return kind + hex.EncodeToString(h.Sum(nil)[:6])
}
