package text

import "testing"

// TestBodies: every body has names, and no name stands for two.
func TestBodies(t *testing.T) {
	all := Bodies()
	if len(all) < 40 {
		t.Fatalf("%d bodies", len(all))
	}
	of := map[string]string{}
	for _, names := range all {
		for _, n := range names {
			if n == "" {
				t.Errorf("%s has an empty name", names[0])
			}
			if other := of[Fold(n).Text]; other != "" && other != names[0] {
				t.Errorf("%q is %s and %s", n, other, names[0])
			}
			of[Fold(n).Text] = names[0]
		}
	}
}
