package verify

import (
	"strings"
	"testing"
	"time"

	"attache/internal/text"
)

// TestEvidence: what a claim may not make of the sentence that it cites, though all its words stand in the article.
func TestEvidence(t *testing.T) {
	const plain, plainDe = " The treaty was signed nine years ago.", " Der Vertrag wurde vor neun Jahren unterzeichnet."
	for _, c := range []struct {
		lang, source, claim string
		want                Kind
	}{
		{"en", "Norland has not signed the treaty." + plain, "Norland has signed the treaty.", KindNegation},
		{"en", "Norland has not signed the treaty." + plain, "Norland has not signed the treaty yet.", ""},
		{"en", "Norland has not signed the treaty." + plain, "Norland refused to have the treaty signed.", ""},
		{"en", "Norland signed the treaty, and Estrova has not signed it.", "Norland signed it.", ""},
		{"en", "No agreement was reached on the border.", "An agreement was reached on the border.", KindNegation},
		{"en", "Norland denied closing the border.", "Norland closed the border.", KindNegation},
		{"en", "Norland withdrew its envoy.", "Norland never withdrew its envoy.", KindNegation},
		{"en", "Norland may withdraw its envoy.", "Norland will withdraw its envoy.", KindModality},
		{"en", "Norland may withdraw its envoy.", "Norland considers whether to withdraw its envoy.", ""},
		{"en", "Norland plans to recall its envoy.", "Norland recalled its envoy.", KindModality},
		{"en", "Norland recalled its envoy on Monday.", "Norland recalled its envoy.", ""},
		{"en", "Norland accused Estrova of fishing.", "Estrova accused Norland of fishing.", KindRoles},
		{"en", "Norland accused Estrova of fishing.", "Estrova was accused by Norland of fishing.", ""},
		{"en", "Norland was accused by Estrova of fishing.", "Norland accused Estrova of fishing.", KindRoles},
		{"en", "Norland has met Estrova for talks.", "Estrova has met Norland for talks.", ""},
		{"en", "Norland accused Estrova, and Estrova accused Norland.", "Estrova accused Norland.", ""},
		{"de", "Nordland hat den Vertrag nicht unterzeichnet." + plainDe, "Nordland hat den Vertrag unterzeichnet.", KindNegation},
		{"de", "Nordland hat den Vertrag nicht unterzeichnet." + plainDe, "Nordland hat den Vertrag bislang nicht unterzeichnet.", ""},
		{"de", "Beide Seiten erzielten keine Einigung über die Grenze.", "Beide Seiten erzielten eine Einigung über die Grenze.", KindNegation},
		{"de", "Nordland will Botschafter abziehen.", "Nordland ließ Botschafter abziehen.", KindModality},
		{"de", "Nordland könnte Botschafter abziehen.", "Nordland erwägt, Botschafter abzuziehen.", ""},
		{"de", "Nordland beschuldigt Estrowa der Fischerei.", "Estrowa beschuldigt Nordland der Fischerei.", KindRoles},
		{"de", "Nordland beschuldigt Estrowa der Fischerei.", "Nordland beschuldigt Estrowa.", ""},
	} {
		s := Prepare("", c.source, c.lang, time.Time{}, nil)
		end := strings.IndexByte(c.source, '.') + 1
		var got Kind
		for _, p := range s.Problems(Claim{Text: c.claim, Lang: c.lang, Evidence: []text.Span{{Start: 0, End: end}}}) {
			if p.Kind == KindNegation || p.Kind == KindModality || p.Kind == KindRoles {
				got = p.Kind
			}
		}
		if got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.claim, c.source[:end], got, c.want)
		}
	}
}

// TestCounts: a count that the claim derives itself holds when the cited sentence lists so many.
func TestCounts(t *testing.T) {
	for _, c := range []struct {
		lang, source, claim string
		ok                  bool
	}{
		{"en", "Ana Costa, Jonas Brod and Ilse Markham met in Hask.", "Three ministers met in Hask.", true},
		{"en", "Ana Costa, Jonas Brod and Ilse Markham met in Hask.", "Four ministers met in Hask.", false},
		{"en", "Ana Costa, the minister of Norland, and Jonas Brod met in Hask.", "Five ministers met in Hask.", false},
		{"en", "The talks drew envoys of Norland, Estrova, Silland and Vell.", "Envoys of four countries came.", true},
		{"en", "The talks drew envoys of Norland, Estrova, Silland and Vell.", "Envoys paid 4 million crowns.", false},
		{"de", "Ana Costa, Jonas Brod und Ilse Markham trafen sich in Hask.", "Drei Minister trafen sich in Hask.", true},
		{"de", "Ana Costa, Jonas Brod und Ilse Markham trafen sich in Hask.", "Sechs Minister trafen sich in Hask.", false},
	} {
		s := Prepare("", c.source, c.lang, time.Time{}, nil)
		bad := false
		for _, p := range s.Problems(Claim{Text: c.claim, Lang: c.lang, Evidence: []text.Span{{Start: 0, End: len(c.source)}}}) {
			bad = bad || p.Kind == KindNumber || p.Kind == KindUnit
		}
		if bad == c.ok {
			t.Errorf("%q of %q: refused %v", c.claim, c.source, bad)
		}
	}
}
