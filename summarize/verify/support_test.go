package verify

import (
	"flag"
	"strings"
	"testing"
)

var show = flag.String("show", "", "print the claims of this set that were refused although labelled as supported; with - before it, those that were not and are not")

// TestSupport keeps from falling what the gates and the score are worth on claims that others labelled: of those refused, the
// share that is labelled wrong, and the area under the curve. The floors lie a little below what was measured. The labels do
// not ask for quotations that are the source's character for character, as the gate does; refusals for that alone are
// counted apart.
func TestSupport(t *testing.T) {
	floors := map[string]struct {
		least   int // refused
		rightly float64
		auc     float64
	}{
		"frank":          {125, .92, .84},
		"summedits_news": {55, .96, .57},
		"wice":           {140, .92, .82},
		"faithbench":     {110, .70, .66},
		"qags_cnndm":     {1, 0, .78},
		"qags_xsum":      {10, .9, .65},
	}
	all := samples(t)
	for _, name := range sets {
		rows := all[name]
		refused, right, quotes, quotesRight, numbers := 0, 0, 0, 0, 0
		kinds := map[Kind][2]int{}
		for _, x := range rows {
			only := true
			seen := map[Kind]bool{}
			for _, p := range x.problems {
				only = only && p.Kind == KindQuotation
				if !seen[p.Kind] {
					k := kinds[p.Kind]
					k[x.label]++
					kinds[p.Kind], seen[p.Kind] = k, true
				}
			}
			if seen[KindNumber] || seen[KindUnit] || seen[KindYear] {
				numbers++
			}
			switch {
			case len(x.problems) == 0:
			case only:
				quotes++
				quotesRight += 1 - x.label
			default:
				refused++
				right += 1 - x.label
			}
			if *show == "-"+name && len(x.problems) == 0 && x.label == 0 {
				t.Logf("%s | %.400s", x.id, x.claim)
			}
			if (*show == name || *show == "all") && len(x.problems) > 0 && x.label == 1 {
				var why []string
				for _, p := range x.problems {
					why = append(why, string(p.Kind)+" "+p.Text)
				}
				t.Logf("%s: %s | %.300s", x.id, strings.Join(why, "; "), x.claim)
			}
		}
		rightly := float64(right) / float64(max(1, refused))
		a := auc(rows, weights[:], bias)
		t.Logf("%s: %d claims, refused %d, rightly %.3f; for a quotation alone %d more, %d rightly; all %.3f; for numbers %d; auc %.3f; %v", name, len(rows), refused, rightly, quotes, quotesRight,
			float64(right+quotesRight)/float64(max(1, refused+quotes)), numbers, a, kinds)
		f := floors[name]
		if refused < f.least || rightly < f.rightly || a < f.auc {
			t.Errorf("%s: below the floor of %d refused, %.2f rightly, auc %.2f", name, f.least, f.rightly, f.auc)
		}
	}
}
